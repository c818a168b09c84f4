// What stands in a code.

/** textOf reads bytes as UTF-8, which the citizen card uses; null when they are none. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Kind says which code a text seems to be; the server alone knows whether it is good. */
export type Kind = "place" | "card" | "phone" | "declaration" | "citizen" | "insurance" | "personal" | "unknown";

const ours: { [letter: string]: Kind } = { v: "place", c: "card", p: "phone", d: "declaration" };

/** kindOf looks at the shape only (docs/qr.md), so that a keeper without network hears at once of a code that is none. */
export function kindOf(text: string): Kind {
  const link = /^https?:\/\/[^/]+\/([vcpd])#[\w-]+$/.exec(text.trim());
  if (link) return ours[link[1]!]!;
  const parts = text.trim().split("|");
  if (parts.length >= 6 && parts.length <= 20 && /^\d{12}$/.test(parts[0]!)) return "citizen";
  if ((parts.length === 15 || parts.length === 17) && parts[parts.length - 1] === "$") return "insurance";
  if (parts.length === 6 && /^[01]$/.test(parts[3]!)) return "personal";
  return "unknown";
}

/** holderOf is the same for two codes of one holder: a phone's code without what changes every half a minute. */
export function holderOf(text: string): string {
  const phone = /\/p#([\w-]{22})[\w-]{22}$/.exec(text.trim());
  return phone ? "p#" + phone[1] : text.trim();
}

/** tokenOf takes the token of a place's poster out of a link or a fragment; "" when there is none. */
export function tokenOf(text: string): string {
  const token = /(?:^|\/v)#([\w-]{116})$/.exec(text.trim());
  return token ? token[1]! : "";
}

/** maskedName shows who a citizen's card names without telling it: the first letter of each part, as the server does. */
export function maskedName(text: string): string {
  if (kindOf(text) !== "citizen") return "";
  const parts = text.split("|");
  const name = /^\d*$/.test(parts[1]!) ? parts[2]! : parts[1]!;
  return initials(name);
}

/** initials writes "N. V. A." for "Nguyễn Văn An". */
export function initials(name: string): string {
  return name.normalize("NFC").trim().split(/\s+/).filter(Boolean).map((part) => Array.from(part)[0]!.toUpperCase() + ".").join(" ");
}
