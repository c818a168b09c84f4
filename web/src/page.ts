// What the check-in pages share: their texts, their worker, what they say of the outbox.

import { say } from "./dom";
import { Texts } from "./format";
import type { Standing } from "./deliver";
import type { Counts } from "./outbox";

/** find gives the element of an id of the page's skeleton, which the server wrote. */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** texts reads the page's sentences. */
export function texts(root: HTMLElement): Texts {
  return new Texts(JSON.parse(root.dataset.text || "{}") as { [key: string]: string });
}

/** whyText says why a row was refused: the server gives a key for one row of many, a sentence for one alone. */
export function whyText(t: Texts, why: string): string {
  const said = t.get("why_" + why);
  return (said === "why_" + why ? why : said).replace(/\{\w+\}/g, "…");
}

/** shownClock writes 14:05 in the time of Vietnam. */
export function shownClock(at: string | number): string {
  return new Date(new Date(at).getTime() + 7 * 3600000).toISOString().slice(11, 16);
}

/** theme shows a page out of the cache in the theme of the cookie, which the cache does not know. */
export function theme(): void {
  const chosen = /(?:^|; )theme=(light|dark|sun)/.exec(document.cookie);
  if (chosen) document.documentElement.dataset.theme = chosen[1]!;
}

/** workable registers the service worker for this page alone, and shows renew when another build waits. */
export async function workable(scope: string, renew: HTMLElement | null): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const language = document.documentElement.lang || "vi";
  const registration = await navigator.serviceWorker.register("/sw.js?lang=" + language, { scope }).catch(() => null);
  if (!registration || !renew) return;
  const offer = () => (renew.hidden = !(registration.waiting && navigator.serviceWorker.controller));
  offer();
  registration.addEventListener("updatefound", () => registration.installing && registration.installing.addEventListener("statechange", offer));
  renew.addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    if (registration.waiting) registration.waiting.postMessage("renew");
  });
  document.addEventListener("visibilitychange", () => !document.hidden && void registration.update().catch(() => undefined));
}

/** standing says in words and by a class how the delivery stands. */
export function standing(element: HTMLElement, t: Texts, how: Standing, counts: Counts): void {
  const n = String(counts.waiting);
  const sent = counts.waiting === 0;
  element.className = "badge outbox badge-" + (sent ? "good" : how === "locked" ? "bad" : "warn");
  element.dataset.waiting = n;
  say(element, sent ? t.get("sent") : t.get(how === "offline" || how === "locked" || how === "sending" ? how : "waiting", { n }));
}
