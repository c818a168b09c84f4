// What a keeper's device shows of its last scans: a time, masked initials, what became of it. Never a name, never a day before.

import type { Delivered } from "./deliver";
import { make } from "./dom";
import type { Texts } from "./format";
import type { Entry } from "./outbox";
import { shownClock, whyText } from "./page";
import { initials, kindOf, maskedName } from "./scan-text";
import type { Vault } from "./vault";

const shownRows = 30;
const keptMs = 12 * 3600000;

/** undoMs is how long a scan can be taken back. */
export const undoMs = 60000;

/** Recent is one scan of this device. */
export interface Recent { id: string; at: number; who: string; how: string; leave: boolean; state: "waiting" | "recorded" | "refused" | "undone"; flags?: string[]; why?: string }

/** whoOf masks what was scanned or typed. */
export function whoOf(entry: { code?: string; name?: string }): string {
  return entry.name ? initials(entry.name) : maskedName(entry.code || "");
}

/** Recents keeps the list, sealed, for half a day. */
export class Recents {
  rows: Recent[] = [];

  constructor(private readonly vault: Vault) {}

  async load(): Promise<void> {
    this.rows = (await this.vault.recall<Recent[]>("recent", [])).filter((r) => Date.now() - r.at < keptMs);
  }

  async add(row: Recent): Promise<void> {
    this.rows.unshift(row);
    this.rows.length = Math.min(this.rows.length, shownRows);
    await this.save();
  }

  /** told takes over what the server said. */
  async told(results: Delivered[]): Promise<void> {
    for (const result of results) {
      const row = this.rows.find((r) => r.id === result.id);
      if (!row) continue;
      if (row.state !== "undone") row.state = result.state === "refused" ? "refused" : "recorded";
      row.who = result.who || row.who;
      row.flags = result.flags;
      row.why = result.why;
    }
    await this.save();
  }

  async undone(id: string): Promise<void> {
    const row = this.rows.find((r) => r.id === id);
    if (row) row.state = "undone";
    await this.save();
  }

  private save(): Promise<void> {
    return this.vault.remember("recent", this.rows);
  }
}

const badges = { waiting: "warn", recorded: "good", refused: "bad", undone: "muted" };

/** drawRecents writes the list anew; undo is called for a row that may still be taken back. */
export function drawRecents(list: HTMLElement, rows: Recent[], t: Texts, undo: (row: Recent) => void): void {
  list.textContent = "";
  for (const row of rows) {
    const odd = (row.flags || []).map((f) => t.get("flag_" + f)).join(", ");
    const line = make("li", { class: "scan-row" }, make("span", { class: "scan-time" }, shownClock(row.at)),
      make("span", { class: "scan-who" }, row.who || t.get("how_" + row.how), odd ? make("small", { class: "scan-odd" }, odd) : ""),
      make("span", { class: "badge badge-" + badges[row.state] }, t.get("row_" + row.state) + (row.leave ? " · " + t.get("mode_out") : "")));
    if (row.state !== "undone" && row.state !== "refused" && !row.leave && Date.now() - row.at < undoMs) {
      const button = make("button", { type: "button", class: "btn btn-quiet" }, t.get("undo"));
      button.setAttribute("aria-label", t.get("undo_of", { who: row.who || t.get("how_" + row.how), time: shownClock(row.at) }));
      button.addEventListener("click", () => undo(row));
      line.appendChild(button);
    }
    list.appendChild(line);
  }
}

/** drawRefused lists what the server would not take, with its reason and what to do. */
export function drawRefused(box: HTMLElement, list: HTMLElement, entries: Entry[], t: Texts, retry: (entry: Entry) => void, drop: (entry: Entry) => void): void {
  box.hidden = entries.length === 0;
  list.textContent = "";
  for (const entry of entries) {
    const row = entry.note.kind === "keeper" ? entry.note.row : null;
    const who = row ? whoOf(row) || t.get("how_" + kindOf(row.code || "")) : "";
    const button = (key: string, act: (entry: Entry) => void) => {
      const b = make("button", { type: "button", class: "btn btn-quiet" }, t.get(key));
      b.addEventListener("click", () => act(entry));
      return b;
    };
    list.appendChild(make("li", { class: "scan-row" }, make("span", { class: "scan-time" }, row ? shownClock(row.at) : ""),
      make("span", { class: "scan-who" }, who, make("small", { class: "scan-odd" }, whyText(t, entry.why))), button("retry", retry), button("drop", drop)));
  }
}
