// Says what has changed to those who do not see the map flash: politely, and at most every few seconds.

import { make, say } from "./dom";
import { shownNumber, Texts } from "./format";
import { Change } from "./series";

const everyMs = 5000;
const most = 3; // areas named in one sentence

export class Announcer {
  private readonly region: HTMLElement;
  private readonly waiting = new Map<string, Change>();
  private timer = 0;

  constructor(private readonly texts: Texts) {
    const made = () => document.body.appendChild(make("p", { class: "visually-hidden", role: "status", "aria-live": "polite" }));
    this.region = document.getElementById("live") || made(); // every page of ours has #live
  }

  add(changes: Change[]): void {
    for (const change of changes) {
      const before = this.waiting.get(change.area.code);
      this.waiting.set(change.area.code, { area: change.area, added: change.added + (before ? before.added : 0) });
    }
    if (!this.timer && this.waiting.size) this.timer = window.setTimeout(() => this.speak(), 500);
  }

  private speak(): void {
    const changes = Array.from(this.waiting.values());
    this.waiting.clear();
    this.timer = 0;
    if (!changes.length) return;
    const sentences = changes.map(({ area, added }) =>
      added > 0
        ? this.texts.get("change_one", { name: area.name, n: shownNumber(added) })
        : this.texts.get("change_fix", { name: area.name }),
    );
    say(this.region, changes.length > most ? this.texts.get("change_many", { n: String(changes.length) }) : sentences.join(". "));
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      if (this.waiting.size) this.speak();
    }, everyMs);
  }
}
