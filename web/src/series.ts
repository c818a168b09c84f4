// The numbers behind the map: new cases by area and day, summed over windows by the same rule as the server's.

import { dayOf, shownNumber } from "./format";

/** AreaWire is one area of the series: days are sparse [offset from first_day, new cases, negative for a correction]. */
interface AreaWire {
  code: string;
  name: string;
  parent?: string;
  days: [number, number][] | null;
  hidden?: number[] | null;
}

export interface SeriesWire {
  version: number;
  level: string;
  first_day: string;
  last_day: string;
  as_of: string;
  k: number;
  areas: AreaWire[];
}

/** DeltaWire has absolute values: cells replace a day's number, hidden the whole list of an area. */
export interface DeltaWire {
  v: number;
  from: number;
  as_of?: string;
  last_day?: string;
  cells?: [string, string, number][] | null;
  hidden?: [string, string[] | null][] | null;
}

export interface Area {
  code: string;
  name: string;
  parent: string;
  days: { [offset: number]: number };
  hidden: number[];
  sums: number[] | null; // sums[i] is the total up to and with offset i; null until asked for
}

/** Count is what is shown for an area and a window: the text, its class and the number that ranks it. */
export interface Count {
  text: string;
  level: string;
  n: number;
}

/** Change is what a delta did to an area: the cases added (or taken away) over all days. */
export interface Change {
  area: Area;
  added: number;
}

/** windows are the columns of the table: the days summed, Infinity for all of them. */
export const windows: { [column: string]: number } = { new_1: 1, new_7: 7, new_14: 14, total: Infinity };

export class Series {
  version = 0;
  asOf = "";
  first = 0; // day numbers, see format.ts
  last = 0;
  areas = new Map<string, Area>();
  private floor = "≥1";

  /** scale has the lower bounds of the classes l1 and up. */
  constructor(private readonly scale: number[]) {}

  /** empty reports whether there is no day with a number yet: then there is no first day to count from. */
  empty(): boolean {
    return !this.version || !(this.last >= this.first);
  }

  /** follows reports whether a delta can be applied here: made upon this version, and of no day before the first. */
  follows(delta: DeltaWire): boolean {
    const early = (delta.cells || []).some(([, day]) => dayOf(day) < this.first);
    return delta.from === this.version && !this.empty() && !early;
  }

  /** load replaces everything. */
  load(wire: SeriesWire): void {
    this.version = wire.version;
    this.asOf = wire.as_of;
    this.first = dayOf(wire.first_day);
    this.last = dayOf(wire.last_day);
    this.floor = wire.level === "commune" ? "<" + wire.k : "≥1";
    this.areas.clear();
    for (const a of wire.areas) {
      const days: { [offset: number]: number } = {};
      for (const [offset, n] of a.days || []) days[offset] = n;
      this.areas.set(a.code, { code: a.code, name: a.name, parent: a.parent || "", days, hidden: a.hidden || [], sums: null });
    }
  }

  /** apply takes a delta made upon this version and returns what changed. */
  apply(delta: DeltaWire): Change[] {
    const changes = new Map<string, Change>();
    const touch = (code: string): Change | undefined => {
      const area = this.areas.get(code);
      if (!area) return undefined;
      let change = changes.get(code);
      if (!change) changes.set(code, (change = { area, added: 0 }));
      area.sums = null;
      return change;
    };
    for (const [code, day, n] of delta.cells || []) {
      const change = touch(code);
      if (!change) continue;
      const offset = dayOf(day) - this.first;
      change.added += n - (change.area.days[offset] || 0);
      change.area.days[offset] = n;
    }
    for (const [code, days] of delta.hidden || []) {
      const change = touch(code);
      if (change) change.area.hidden = (days || []).map((day) => dayOf(day) - this.first);
    }
    this.version = delta.v;
    if (delta.as_of) this.asOf = delta.as_of;
    if (delta.last_day && dayOf(delta.last_day) !== this.last) {
      this.last = dayOf(delta.last_day);
      this.areas.forEach((area) => (area.sums = null));
    }
    return Array.from(changes.values());
  }

  /** count sums the days (day-window, day]. The rule is the server's: a hidden count inside the window shows as "<5"
   *  (a commune) or "≥1" (above) where nothing is announced, as "n+" where something is. */
  count(area: Area, day: number, window: number): Count {
    const to = day - this.first;
    const from = to - window; // not included
    const sums = area.sums || this.sum(area);
    const at = (i: number) => (i < 0 ? 0 : sums[Math.min(i, sums.length - 1)] || 0);
    const n = Math.max(0, at(to) - at(from));
    const hidden = area.hidden.some((offset) => offset > from && offset <= to);
    if (n === 0) return hidden ? { text: this.floor, level: "lh", n: 0.5 } : { text: "0", level: "l0", n };
    let level = 0;
    while (level < this.scale.length && n >= this.scale[level]!) level++;
    return { text: shownNumber(n) + (hidden ? "+" : ""), level: "l" + level, n };
  }

  private sum(area: Area): number[] {
    const sums: number[] = [];
    for (let i = 0, total = 0; i <= this.last - this.first; i++) {
      total += area.days[i] || 0;
      sums.push(total);
    }
    return (area.sums = sums);
  }
}
