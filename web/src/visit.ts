// The visitor's page: the poster's code stands in the fragment of the address, which the browser keeps to itself.

import { device, placeOf, Refused, visitsMine, type PlaceSaid, type VisitSaid } from "./api";
import { Delivery, type Delivered } from "./deliver";
import { make, say } from "./dom";
import { flash } from "./flash";
import { Outbox } from "./outbox";
import { find, shownClock, standing, texts, theme, whyText, workable } from "./page";
import { scanBox } from "./scan-box";
import { kindOf, tokenOf } from "./scan-text";
import { uuid7 } from "./uuid";
import { Vault } from "./vault";

const kept = "khien-place"; // where the code waits in sessionStorage while the phone is being proved
const visitsKept = 20;

/** Mine is a visit that this phone made, as it remembers it. */
interface Mine { id: string; name: string; at: string; until?: string; left?: string; state: "waiting" | "recorded" | "refused"; why?: string }

const root = find("visit"), t = texts(root);
let vault: Vault, outbox: Outbox, delivery: Delivery;
let token = "", place: PlaceSaid | null = null, known = true, mine: Mine[] = [];

/** takeToken reads the fragment, once, and takes it out of the address bar and the history. */
function takeToken(): void {
  token = tokenOf(location.hash) || sessionStorage.getItem(kept) || token;
  sessionStorage.removeItem(kept);
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}

async function begin(): Promise<void> {
  theme();
  takeToken();
  try {
    vault = await Vault.open();
  } catch {
    return show("broken");
  }
  outbox = new Outbox(vault);
  delivery = new Delivery(outbox, (rows) => void told(rows), () => void status());
  mine = await vault.recall<Mine[]>("visits", []);
  wire();
  await Promise.all([look(), who()]);
  await remember();
  void delivery.hurry();
  void workable("/v", null);
}

function wire(): void {
  const scanner = scanBox(t, (text) => scanned(text, () => scanner.stop()), () => flash("bad", t.get("unread"), t.get("unread_hint")));
  find("visit-go").addEventListener("click", () => void go());
  find("visit-who-link").addEventListener("click", () => token && sessionStorage.setItem(kept, token));
  for (const id of ["visit-other", "visit-new"]) {
    find(id).addEventListener("click", () => {
      token = "";
      place = null;
      show("scan");
      find("visit-scan").scrollIntoView();
    });
  }
  addEventListener("hashchange", () => {
    takeToken();
    void look();
  });
  addEventListener("online", () => void look());
}

function scanned(text: string, stop: () => void): void {
  const found = tokenOf(text);
  if (!found) return flash("bad", t.get(kindOf(text) === "unknown" ? "not_ours" : "not_place"));
  const site = /^https?:\/\/[^/]+/.exec(text);
  if (site && site[0] !== location.origin && site[0] !== root.dataset.site) return flash("bad", t.get("other_host"), site[0]);
  token = found;
  stop();
  void look();
}

/** show brings one part of the page forward. */
function show(part: "scan" | "place" | "done" | "broken"): void {
  for (const name of ["scan", "place", "done", "broken"]) find("visit-" + name).hidden = name !== part;
}

/** look asks which place the code names; without network the phone may remember it. */
async function look(): Promise<void> {
  if (!token) return show(openVisit() ? "done" : "scan");
  show("place");
  say(find("place-name"), t.get("place_asking"));
  const names = await vault.recall<{ [token: string]: PlaceSaid }>("places", {});
  try {
    place = await placeOf(token);
    await vault.remember("places", lastOf({ ...names, [token]: place }));
  } catch (err) {
    if (err instanceof Refused && err.status >= 400 && err.status < 500 && err.status !== 429) {
      flash("bad", t.get("place_refused"), err.detail);
      token = "";
      return show("scan");
    }
    place = names[token] || null;
  }
  say(find("place-name"), place ? place.name : t.get("place_offline"));
  say(find("place-address"), place ? place.address || "" : t.get("place_offline_hint"));
  find("visit-already").hidden = !openVisit(place ? place.name : "");
  drawVisits();
}

/** lastOf keeps the places seen last: where somebody has been is nobody's business for longer. */
function lastOf(places: { [token: string]: PlaceSaid }): { [token: string]: PlaceSaid } {
  const few: { [token: string]: PlaceSaid } = {};
  for (const key of Object.keys(places).slice(-visitsKept)) few[key] = places[key]!;
  return few;
}

/** who asks whether this phone has been proved; it is asked once, then the phone remembers. */
async function who(): Promise<void> {
  try {
    known = (await device()).said;
    await vault.remember("known", known);
    find<HTMLAnchorElement>("visit-who-link").href = "/phone/who?next=/v"; // the number is proved, the name is missing
  } catch (err) {
    known = err instanceof Refused && err.status !== 0 && err.status < 500 ? false : await vault.recall("known", false);
  }
  find("visit-who").hidden = known;
  find<HTMLButtonElement>("visit-go").disabled = !known;
}

async function go(): Promise<void> {
  if (!token || !known) return;
  const count = Number(find<HTMLInputElement>("visit-with").value) || 0;
  const id = uuid7(), at = new Date().toISOString();
  await outbox.add({ kind: "visit", place: token, at, with: count || undefined }, id);
  mine.unshift({ id, name: place ? place.name : t.get("place_offline"), at, state: "waiting" });
  token = "";
  await keep();
  show("done");
  drawVisits();
  flash("good", t.get("noted"), mine[0]!.name);
  await delivery.kick();
}

async function leave(visit: Mine): Promise<void> {
  visit.left = new Date().toISOString();
  await outbox.add({ kind: "leave", visit: visit.id, at: visit.left });
  await keep();
  drawVisits();
  flash("good", t.get("left"), visit.name);
  await delivery.kick();
}

/** told hears from the server what became of a row. */
async function told(rows: Delivered[]): Promise<void> {
  for (const row of rows) {
    const note = row.entry.note;
    const visit = mine.find((m) => m.id === (note.kind === "leave" ? note.visit : row.id));
    if (!visit) continue;
    if (row.state === "refused") {
      visit.why = row.why;
      if (note.kind === "leave") delete visit.left;
      else visit.state = "refused";
    } else if (note.kind === "visit") {
      const said = row.answer as VisitSaid | null;
      visit.state = "recorded";
      if (said && said.place) visit.name = said.place.name;
      if (said && said.until) visit.until = said.until;
    }
  }
  await keep();
  drawVisits();
}

/** remember takes over what the server knows of this phone's visits. */
async function remember(): Promise<void> {
  try {
    for (const said of (await visitsMine()).visits) {
      if (!mine.some((m) => m.id === said.id)) mine.push({ id: said.id, name: said.place.name, at: said.at, until: said.until, left: said.ended === "assumed" ? undefined : said.until, state: "recorded" });
    }
    mine.sort((a, b) => (a.at < b.at ? 1 : -1));
    await keep();
  } catch {
    // Not proved, or no network: what the phone remembers must do.
  }
  if (!token) show(openVisit() ? "done" : "scan");
  drawVisits();
}

function keep(): Promise<void> {
  const midnight = Math.floor((Date.now() + 7 * 3600000) / 86400000) * 86400000 - 7 * 3600000;
  mine = mine.filter((m) => Date.parse(m.at) >= midnight || m.state === "waiting").slice(0, visitsKept);
  return vault.remember("visits", mine);
}

/** openVisit is the visit that has not ended, at a place of that name where one is given. */
function openVisit(name = ""): Mine | undefined {
  return mine.find((m) => !m.left && m.state !== "refused" && (!name || m.name === name) && (!m.until || Date.parse(m.until) > Date.now()));
}

function drawVisits(): void {
  const open = openVisit();
  if (open) {
    say(find("done-place"), open.name);
    say(find("done-time"), t.get("since", { time: shownClock(open.at) }));
  } else say(find("done-place"), "");
  const button = find<HTMLButtonElement>("visit-leave");
  find("done-card").hidden = !open;
  button.onclick = open ? () => void leave(open) : null;
  const list = find("visit-list");
  list.textContent = "";
  for (const m of mine) list.appendChild(line(m));
  find("visit-none").hidden = mine.length > 0;
  void status();
}

function line(m: Mine): HTMLElement {
  const state = m.state === "refused" ? t.get("row_refused") + (m.why ? ": " + whyText(t, m.why) : "") : m.state === "waiting" ? t.get("row_waiting") : m.left ? t.get("row_left", { time: shownClock(m.left) }) : t.get("row_recorded");
  return make("li", { class: "scan-row" }, make("span", { class: "scan-time" }, shownClock(m.at)), make("span", { class: "scan-who" }, m.name),
    make("span", { class: "badge badge-" + (m.state === "refused" ? "bad" : m.state === "waiting" ? "warn" : "good") }, state));
}

async function status(): Promise<void> {
  standing(find("outbox"), t, delivery.standing, await outbox.counts());
  find("visit-locked").hidden = delivery.standing !== "locked";
}

void begin();
