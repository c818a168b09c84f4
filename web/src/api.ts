// Questions to the server that the check-in pages ask at once; what may wait goes through the outbox.

export interface PlaceSaid { id: string; name: string; kind?: string; address?: string; open?: boolean }
export interface VisitSaid { id: string; place: { id: string; name: string }; at: string; until: string; ended: "assumed" | "visitor" | "keeper"; open?: boolean }
export interface Today { day: string; visits: number; inside: number }
export interface DeclarationSaid { standing: string; grade: string; initials: string; birth_year: string }
export interface DeviceSaid { said: boolean }
export interface SecretSaid { handle: string; secret: string; now: string }

/** Refused is an answer that is no success; status 0 is no network. */
export class Refused extends Error {
  constructor(readonly status: number, readonly detail: string) {
    super("api: " + status);
  }
}

const answerMs = 10000;


/** limit ends a request after ms, where the browser can (Chrome since 66); done must be called. */
export function limit(ms: number): { init: RequestInit; done: () => void } {
  if (!("AbortController" in self)) return { init: {}, done: () => undefined };
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), ms);
  return { init: { signal: stop.signal }, done: () => clearTimeout(late) };
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const { init, done } = limit(answerMs);
  Object.assign(init, { method, credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
  if (body) {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response, said: unknown;
  try {
    response = await fetch(path, init);
    said = await response.json().catch(() => null);
  } catch {
    throw new Refused(0, "");
  } finally {
    done();
  }
  if (!response.ok) throw new Refused(response.status, (said as { detail?: string } | null)?.detail || "");
  return said as T;
}

/** placeOf asks which place a poster's token names; the token travels in the body, never in an address. */
export const placeOf = (token: string) => ask<PlaceSaid>("POST", "/api/v1/places/of-code", { place: token });
export const placesKept = (by: { [name: string]: string }) => ask<{ places: PlaceSaid[]; more: boolean }>("GET", "/api/v1/places/kept?" + new URLSearchParams(by).toString());
export const today = (place: string) => ask<Today>("GET", `/api/v1/places/${place}/today`);
export const visitsMine = () => ask<{ visits: VisitSaid[] }>("GET", "/api/v1/visits/mine");
/** declaration asks how a scanned declaration stands; accounts may that have the right. */
export const declaration = (text: string) => ask<DeclarationSaid>("POST", "/api/v1/declarations/verify", { text });
export const device = () => ask<DeviceSaid>("GET", "/api/v1/phone/device");
export const secret = () => ask<SecretSaid>("GET", "/api/v1/phone/secret");
