// Days, numbers and sentences as they are shown. Days are counted from 1970-01-01.

/** dayOf reads "2021-05-14". */
export function dayOf(iso: string): number {
  return Math.round(Date.parse(iso + "T00:00:00Z") / 86400000);
}

/** isoDay writes "2021-05-14". */
export function isoDay(day: number): string {
  return new Date(day * 86400000).toISOString().slice(0, 10);
}

/** shownDay writes "14/05/2021", as Vietnam does; the English pages keep it so that nobody reads May as day. */
export function shownDay(day: number): string {
  if (isNaN(day)) return "";
  const iso = isoDay(day);
  return iso.slice(8) + "/" + iso.slice(5, 7) + "/" + iso.slice(0, 4);
}

/** shownTime writes "10:05 23/11/2026" in the time of Vietnam, which has had no summer time since 1975. */
export function shownTime(rfc3339: string): string {
  const shifted = new Date(Date.parse(rfc3339) + 7 * 3600000).toISOString();
  return shifted.slice(11, 16) + " " + shownDay(dayOf(shifted.slice(0, 10)));
}

/** shownNumber writes 1.234 in Vietnamese and 1,234 in English. */
export function shownNumber(n: number): string {
  return n < 1000 ? String(n) : n.toLocaleString(document.documentElement.lang || "vi");
}

/** fold drops marks and case, so that "huu lung" finds "Hữu Lũng". */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
}

/** shortName drops the kind of area where space is short. */
export function shortName(name: string): string {
  return name.replace(/^(Xã|Phường|Thị trấn|Thị xã|Huyện|Quận|Đặc khu) /, "").replace(/^Thành phố /, "TP ");
}

/** Texts are the page's sentences in its language; {name} and the like are filled in. */
export class Texts {
  constructor(private readonly texts: { [key: string]: string }) {}

  get(key: string, values: { [name: string]: string } = {}): string {
    const text = this.texts[key];
    if (text === undefined) return key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? values[name]! : whole));
  }
}
