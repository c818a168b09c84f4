// The keeper's page: scan, type, count; for hours without a network if need be.

import { declaration, placesKept, Refused, today, type PlaceSaid } from "./api";
import { Delivery, type Delivered } from "./deliver";
import { make, say } from "./dom";
import { flash } from "./flash";
import { drawRecents, drawRefused, Recents, undoMs, whoOf, type Recent } from "./keep-list";
import { takeBack } from "./keep-undo";
import { Outbox, type KeeperRow } from "./outbox";
import { find, standing, texts, theme, whyText, workable } from "./page";
import { scanBox } from "./scan-box";
import type { Scanner } from "./scan";
import { holderOf, kindOf } from "./scan-text";
import { uuid7 } from "./uuid";
import { Vault, wipe } from "./vault";

const againMs = 600000; // the same code in the same direction within ten minutes is one visit
const countEveryMs = 30000;
const countAgainMs = 2500;

const root = find("keep"), t = texts(root);
const seen = new Map<string, number>(); // in memory only: who was scanned and when
let vault: Vault, outbox: Outbox, delivery: Delivery, recents: Recents, scanner: Scanner;
let place: PlaceSaid | null = null, again = 0;
const channel = "BroadcastChannel" in self ? new BroadcastChannel("khien-keep") : null;

async function begin(): Promise<void> {
  theme();
  try {
    vault = await Vault.open();
  } catch {
    return show("broken");
  }
  if (navigator.storage && navigator.storage.persist) void navigator.storage.persist().catch(() => false);
  outbox = new Outbox(vault);
  await outbox.expire(Date.now());
  recents = new Recents(vault);
  delivery = new Delivery(outbox, (rows) => void told(rows), () => void draw());
  await recents.load();
  place = await vault.recall<PlaceSaid | null>("place", null);
  wire();
  void workable("/keep", find("keep-renew"));
  await choose();
  await draw();
  void delivery.hurry();
  void count();
}

function show(part: "main" | "choose" | "who" | "broken"): void {
  for (const name of ["main", "choose", "who", "broken"]) find("keep-" + name).hidden = name !== part;
}

function wire(): void {
  scanner = scanBox(t, (text) => void scanned(text), () => flash("bad", t.get("unread"), t.get("unread_hint")));
  find<HTMLFormElement>("keep-name").addEventListener("submit", (event) => {
    event.preventDefault();
    void typed(event.target as HTMLFormElement);
  });
  find("keep-send").addEventListener("click", () => void delivery.hurry());
  find("keep-change").addEventListener("click", () => void choose(true));
  find("keep-find").addEventListener("submit", (event) => {
    event.preventDefault();
    void choose(true);
  });
  find("keep-wipe").addEventListener("click", () => void clear());
  const out = document.querySelector<HTMLFormElement>(".site-out");
  if (out) out.addEventListener("submit", (event) => void signOut(event, out));
  if (channel) channel.onmessage = () => void recents.load().then(draw).then(countSoon); // another tab has delivered
  document.addEventListener("visibilitychange", () => void count());
  setInterval(() => void count(), countEveryMs);
  addEventListener("online", () => void choose());
}

/** choose finds the place of this device: the only one, the one chosen before, or the one that somebody taps. */
async function choose(anew = false): Promise<void> {
  let places: PlaceSaid[] = [], more = false;
  const wanted = new URLSearchParams(location.search).get("place"), words = find<HTMLInputElement>("keep-words").value.trim();
  try {
    ({ places, more } = await placesKept(wanted && !anew ? { place: wanted } : words ? { q: words } : {}));
    await vault.remember("kept", places);
  } catch (err) {
    if (err instanceof Refused && (err.status === 401 || err.status === 403)) return show("who");
    if (wanted && err instanceof Refused && err.status === 404) return offer([], false);
    places = await vault.recall<PlaceSaid[]>("kept", []);
  }
  const linked = places.find((p) => p.id === wanted);
  if (!anew && linked) place = linked;
  else if (!anew && places.length === 1) place = places[0]!;
  else if (anew || !place || (!more && !places.some((p) => p.id === place!.id))) return offer(places, more);
  await settle();
}

function offer(places: PlaceSaid[], more: boolean): void {
  const words = find<HTMLInputElement>("keep-words");
  find("keep-find").hidden = !more && !words.value;
  const list = find("keep-places");
  list.textContent = "";
  find("keep-no-place").hidden = places.length > 0 || !!words.value;
  for (const p of places) {
    const button = make("button", { type: "button", class: "btn btn-wide" }, p.name, p.address ? make("small", {}, p.address) : "");
    button.addEventListener("click", () => {
      place = p;
      void settle();
    });
    list.appendChild(make("li", {}, button));
  }
  show("choose");
}

async function settle(): Promise<void> {
  await vault.remember("place", place);
  say(find("keep-place"), place ? place.name : "");
  show("main");
  void count();
}

const leaving = () => find<HTMLInputElement>("keep-out").checked;

async function scanned(text: string): Promise<void> {
  const kind = kindOf(text);
  if (kind === "unknown") return flash("bad", t.get("unread"), t.get("unread_hint"));
  if (kind === "place") return flash("bad", t.get("is_place"));
  if (kind === "declaration") return declared(text);
  const holder = (leaving() ? "out " : "in ") + holderOf(text);
  const before = seen.get(holder);
  if (before && Date.now() - before < againMs) return flash("again", t.get("again"), t.get("how_" + kind));
  seen.set(holder, Date.now());
  if (leaving()) seen.delete("in " + holderOf(text));
  else seen.delete("out " + holderOf(text));
  await note({ at: "", code: text }, kind);
}

/** declared shows how a declaration stands, to an account that may ask; it lets nobody in. */
async function declared(text: string): Promise<void> {
  try {
    const said = await declaration(text);
    const good = said.grade === "green" && said.standing === "valid";
    flash(good ? "good" : "bad", t.get("grade_" + said.grade), `${t.get("standing_" + said.standing)} · ${said.initials} ${said.birth_year}`);
  } catch {
    flash("bad", t.get("is_declaration"));
  }
}

async function typed(form: HTMLFormElement): Promise<void> {
  const field = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value.trim();
  if (!field("name")) return;
  const row: KeeperRow = { at: "", name: field("name") };
  if (field("phone")) row.phone = field("phone");
  if (field("birth")) row.birth = field("birth");
  form.reset();
  await note(row, "typed");
}

/** note keeps a row before it says so: what is shown as done survives the page. */
async function note(row: KeeperRow, how: string): Promise<void> {
  if (!place) return;
  const at = Date.now(), id = uuid7(at), out = leaving();
  row.at = new Date(at).toISOString();
  if (out) row.leave = true;
  try {
    await outbox.add({ kind: "keeper", place: place.id, row }, id);
  } catch {
    return flash("bad", t.get("disk_full"), t.get("disk_full_hint"));
  }
  const who = whoOf(row);
  await recents.add({ id, at, who, how, leave: out, state: "waiting" });
  flash("good", t.get(out ? "left" : "noted"), who || t.get("how_" + how));
  setTimeout(() => void draw(), undoMs + 500);
  await draw();
  await delivery.kick();
}

async function told(rows: Delivered[]): Promise<void> {
  await recents.told(rows);
  const bad = rows.find((r) => r.state === "refused");
  if (bad) flash("bad", t.get("row_refused"), whyText(t, bad.why || ""));
  await draw();
  if (channel) channel.postMessage("told");
  countSoon();
}

/** undo takes a scan back: out of the outbox while it waits, by word to the server when it was sent. */
async function undo(row: Recent): Promise<void> {
  if (await outbox.has(row.id)) await outbox.remove([row.id]);
  else if (place) await takeBack(outbox, place.id, row);
  await recents.undone(row.id);
  seen.clear();
  await draw();
  await delivery.kick();
}

async function draw(): Promise<void> {
  const counts = await outbox.counts();
  standing(find("outbox"), t, delivery.standing, counts);
  find("keep-send").hidden = counts.waiting === 0;
  find("keep-locked").hidden = delivery.standing !== "locked" || counts.waiting === 0;
  drawRecents(find("keep-recent"), recents.rows, t, (row) => void undo(row));
  find("keep-recent-none").hidden = recents.rows.length > 0;
  drawRefused(find("keep-refused"), find("keep-refused-list"), await outbox.refused(), t,
    (entry) => void outbox.retry(entry.id).then(() => delivery.kick()), (entry) => void outbox.remove([entry.id]).then(draw));
}

/** countSoon asks now and once more: the server counts a moment after it has acknowledged. */
function countSoon(): void {
  void count();
  clearTimeout(again);
  again = window.setTimeout(() => void count(), countAgainMs);
}

async function count(): Promise<void> {
  if (!place || document.hidden) return;
  try {
    const said = await today(place.id);
    say(find("keep-visits"), String(said.visits));
    say(find("keep-inside"), String(said.inside));
    if (delivery.standing === "offline" || delivery.standing === "waiting") void delivery.hurry(); // the network is there after all
  } catch {
    // Without network the numbers stay as they were.
  }
}

/** clear empties this device; what has not been sent is asked about first. */
async function clear(): Promise<boolean> {
  const { waiting } = await outbox.counts();
  if (!confirm(waiting ? t.get("wipe_waiting", { n: String(waiting) }) : t.get("wipe_ask"))) return false;
  scanner.stop();
  vault.close();
  await wipe();
  location.reload();
  return true;
}

/** signOut sends what waits, empties the device, and only then ends the session. */
async function signOut(event: Event, form: HTMLFormElement): Promise<void> {
  event.preventDefault();
  await delivery.hurry();
  const { waiting } = await outbox.counts();
  if (waiting && !confirm(t.get("wipe_waiting", { n: String(waiting) }))) {
    delete form.dataset.sent;
    return;
  }
  scanner.stop();
  vault.close();
  await wipe();
  form.submit();
}

void begin();
