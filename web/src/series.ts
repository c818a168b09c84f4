// The numbers behind the map: new cases by area and day, summed over windows by the same rule as the server's.

import { dayOf, shownNumber } from "./format";

/** AreaWire is one area of the series: days are sparse [offset from first_day, new cases, negative for a correction]. */
interface AreaWire {
  code: string;
  name: string;
  parent?: string;
  before?: number; // all cases of the days before from
  days: [number, number][] | null;
  hidden?: number[] | null;
  floor?: string; // what hidden cases alone are called, where it is not the level's usual text
}

export interface SeriesWire {
  version: number;
  level: string;
  first_day: string;
  last_day: string;
  from?: string; // the first day that days has; first_day when all were asked for
  as_of: string;
  k: number;
  whole?: AreaWire; // the unit that all areas lie in
  areas: AreaWire[];
}

/** DeltaWire has absolute values: cells replace a day's number, hidden the whole list of an area and its floor. */
export interface DeltaWire {
  v: number;
  from: number;
  as_of?: string;
  last_day?: string;
  cells?: [string, string, number][] | null;
  hidden?: [string, string[] | null, string?][] | null;
}

export interface Area {
  code: string;
  name: string;
  parent: string;
  before: number;
  days: { [offset: number]: number };
  hidden: number[];
  floor: string;
  sums: number[] | null; // sums[i] is the total up to and with offset i; null until asked for
}

/** Count is what is shown for an area and a window: the text, its class and the number that ranks it. */
export interface Count {
  text: string;
  level: string;
  n: number;
  hidden: boolean;
}

/** Change is what a delta did to an area: the cases added (or taken away) over all days. */
export interface Change {
  area: Area;
  added: number;
}

/** recentDays is how far back a day's numbers reach: the longest window, and the one before it for the trend. */
const recentDays = 28;

/** windows are the columns of the table: the days summed, Infinity for all of them. */
export const windows: { [column: string]: number } = { new_1: 1, new_7: 7, new_14: 14, total: Infinity };

export class Series {
  version = 0;
  asOf = "";
  first = 0; // day numbers, see format.ts
  last = 0;
  from = 0; // days before this one are known as a sum only
  areas = new Map<string, Area>();
  whole: Area | null = null;

  /** scale has the lower bounds of the classes l1 and up. */
  constructor(private readonly scale: number[]) {}

  /** empty reports whether there is no day with a number yet: then there is no first day to count from. */
  empty(): boolean {
    return !this.version || !(this.last >= this.first);
  }

  /** follows reports whether a delta can be applied here: made upon this version, and of no day before those known. */
  follows(delta: DeltaWire): boolean {
    const early = (delta.cells || []).some(([, day]) => dayOf(day) < this.from);
    return delta.from === this.version && !this.empty() && !early;
  }

  /** knows reports whether all numbers of a day can be told, its trend included. */
  knows(day: number): boolean {
    return this.from <= this.first || day - recentDays + 1 >= this.from;
  }

  /** load replaces everything. */
  load(wire: SeriesWire): void {
    this.version = wire.version;
    this.asOf = wire.as_of;
    this.first = dayOf(wire.first_day);
    this.last = dayOf(wire.last_day);
    this.from = wire.from ? dayOf(wire.from) : this.first;
    const usual = wire.level === "commune" ? "<" + wire.k : "≥1";
    this.areas.clear();
    for (const a of wire.areas) this.areas.set(a.code, areaOf(a, usual));
    this.whole = wire.whole ? areaOf(wire.whole, "≥1") : null;
  }

  /** apply takes a delta made upon this version and returns what changed among the areas. */
  apply(delta: DeltaWire): Change[] {
    const changes = new Map<string, Change>();
    const touch = (code: string): Change | undefined => {
      const area = this.areas.get(code) || (this.whole && this.whole.code === code ? this.whole : undefined);
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
    for (const [code, days, floor] of delta.hidden || []) {
      const change = touch(code);
      if (!change) continue;
      change.area.hidden = (days || []).map((day) => dayOf(day) - this.first);
      if (floor) change.area.floor = floor;
    }
    this.version = delta.v;
    if (delta.as_of) this.asOf = delta.as_of;
    if (delta.last_day && dayOf(delta.last_day) !== this.last) {
      this.last = dayOf(delta.last_day);
      this.areas.forEach((area) => (area.sums = null));
      if (this.whole) this.whole.sums = null;
    }
    return Array.from(changes.values()).filter((change) => change.area !== this.whole);
  }

  /** count sums the days (day-window, day]. The rule is the server's: a hidden count inside the window shows as the
   *  area's floor ("<5" or "≥1") where nothing is announced, as "n+" where something is. */
  count(area: Area, day: number, window: number): Count {
    const to = day - this.first;
    const from = to - window; // not included
    const sums = area.sums || this.sum(area);
    const at = (i: number) => (i < 0 ? 0 : sums[Math.min(i, sums.length - 1)] || 0);
    const n = Math.max(0, at(to) - at(from));
    const hidden = area.hidden.some((offset) => offset > from && offset <= to);
    if (n === 0) return hidden ? { text: area.floor, level: "lh", n: 0.5, hidden } : { text: "0", level: "l0", n, hidden };
    let level = 0;
    while (level < this.scale.length && n >= this.scale[level]!) level++;
    return { text: shownNumber(n) + (hidden ? "+" : ""), level: "l" + level, n, hidden };
  }

  /** trend is how many more a window has than the one before it; null where the two cannot be compared. */
  trend(area: Area, day: number, window: number): number | null {
    if (!isFinite(window) || day - 2 * window + 1 < this.first) return null;
    const now = this.count(area, day, window);
    const before = this.count(area, day - window, window);
    if (now.hidden || before.hidden) return null;
    return now.n - before.n;
  }

  private sum(area: Area): number[] {
    const sums: number[] = [];
    for (let i = 0, total = area.before; i <= this.last - this.first; i++) {
      total += area.days[i] || 0;
      sums.push(total);
    }
    return (area.sums = sums);
  }
}

function areaOf(wire: AreaWire, usual: string): Area {
  const days: { [offset: number]: number } = {};
  for (const [offset, n] of wire.days || []) days[offset] = n;
  return { code: wire.code, name: wire.name, parent: wire.parent || "", before: wire.before || 0, days, hidden: wire.hidden || [], floor: wire.floor || usual, sums: null };
}
