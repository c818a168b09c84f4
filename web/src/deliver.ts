// Delivery of the outbox: one tab at a time, fifty rows a request, later and later while it fails.

import { limit } from "./api";
import { type Entry, type Outbox } from "./outbox";

const batchRows = 50;
const roundRows = 200;
const firstWaitMs = 2000;
const mostWaitMs = 300000;
const requestMs = 30000;
const lookMs = 15000; // another tab may have added rows

/** Delivered is what the server said of one row. */
export interface Delivered { id: string; entry: Entry; state: "recorded" | "known" | "refused"; why?: string; who?: string; flags?: string[]; answer?: unknown }

/** Standing is how the delivery stands; "locked" wants somebody to prove who they are. */
export type Standing = "sent" | "waiting" | "sending" | "offline" | "locked";

/** Delivery sends what waits in the outbox. */
export class Delivery {
  private timer = 0;
  private busy = false;
  private again = false;
  standing: Standing = "sent";

  constructor(private readonly outbox: Outbox, private readonly told: (rows: Delivered[]) => void, private readonly changed: (standing: Standing) => void) {
    addEventListener("online", () => void this.hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && void this.kick());
  }

  /** hurry forgets the waits and sends. */
  async hurry(): Promise<void> {
    await this.outbox.hurry();
    await this.kick();
  }

  /** kick sends what is due, unless another tab is at it, and comes back for the rest. */
  async kick(): Promise<void> {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    clearTimeout(this.timer);
    try {
      do {
        this.again = false;
        await alone(() => this.rounds());
      } while (this.again);
      await this.plan();
    } catch {
      // The vault was wiped, by this tab or another: nothing is left to send.
    } finally {
      this.busy = false;
    }
  }

  private async plan(): Promise<void> {
    const next = await this.outbox.nextDue();
    if (next === Infinity) this.show("sent");
    else if (this.standing === "sent" || this.standing === "sending") this.show("waiting");
    const wait = next === Infinity ? lookMs : Math.min(lookMs, Math.max(200, next - Date.now()));
    this.timer = window.setTimeout(() => void this.kick(), wait);
  }

  private show(standing: Standing): void {
    this.standing = standing;
    this.changed(standing);
  }

  private async rounds(): Promise<void> {
    for (;;) {
      const streams = await this.outbox.due(Date.now(), roundRows);
      if (!streams.length) return;
      this.show("sending");
      for (const stream of streams) for (const group of groups(stream)) if (!(await this.send(group))) break;
    }
  }

  /** send delivers one group; false when there is no use in sending more of its stream now. */
  private async send(group: Entry[]): Promise<boolean> {
    const answer = await post(group);
    if (answer.status === 200 || answer.status === 201) {
      return this.settle(group, answer.body);
    }
    if (locks(group, answer.status)) return this.later(group, "locked");
    if (answer.status < 400 || answer.status >= 500 || answer.status === 408 || answer.status === 429) {
      return this.later(group, answer.status ? "waiting" : "offline", answer.retryMs);
    }
    if (group.length > 1) { // one of them is the bad one
      const half = group.length >> 1;
      return (await this.send(group.slice(0, half))) && this.send(group.slice(half));
    }
    await this.refuse(group[0]!, (answer.body as { detail?: string })?.detail || String(answer.status), answer.body);
    return true;
  }

  private async later(group: Entry[], standing: Standing, atLeastMs = 0): Promise<false> {
    const tries = Math.max(...group.map((e) => e.tries));
    const wait = Math.max(atLeastMs, Math.min(mostWaitMs, firstWaitMs * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2));
    await this.outbox.postpone(group[0]!.stream, Date.now() + wait);
    this.show(standing);
    return false;
  }

  private async refuse(entry: Entry, why: string, answer: unknown): Promise<void> {
    await this.outbox.refuse(entry, why);
    this.told([{ id: entry.id, entry, state: "refused", why, answer }]);
  }

  /** settle takes the answer apart: what was written leaves the outbox; false when something was left unsaid. */
  private async settle(group: Entry[], body: unknown): Promise<boolean> {
    if (group[0]!.note.kind !== "keeper") {
      await this.outbox.remove([group[0]!.id]);
      this.told([{ id: group[0]!.id, entry: group[0]!, state: "recorded", answer: body }]);
      return true;
    }
    const results = new Map(((body as { results?: Delivered[] }).results || []).map((r) => [r.id, r]));
    const told: Delivered[] = [], unsaid: Entry[] = [];
    for (const entry of group) {
      const result = results.get(entry.id);
      if (!result) unsaid.push(entry);
      else if (result.state === "refused") await this.refuse(entry, result.why || "", result);
      else told.push({ ...result, entry });
    }
    await this.outbox.remove(told.map((t) => t.id));
    if (told.length) this.told(told);
    if (unsaid.length) await this.later(unsaid, "waiting");
    return !unsaid.length;
  }
}

/** locks says whether an answer means that this device has to prove itself again; to who does not keep a place, there is none. */
function locks(group: Entry[], status: number): boolean {
  return status === 401 || status === 403 || (status === 404 && group[0]!.note.kind === "keeper");
}

/** groups cuts a stream into requests: a keeper's rows by the batch, a phone's own one by one. */
function groups(stream: Entry[]): Entry[][] {
  const all: Entry[][] = [], most = stream[0]!.note.kind === "keeper" ? batchRows : 1;
  for (let i = 0; i < stream.length; i += most) all.push(stream.slice(i, i + most));
  return all;
}

/** alone runs work while no other tab does; without Web Locks the server's idempotency alone must do. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request("khien-deliver", { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

interface Reply { status: number; body: unknown; retryMs: number }

function request(group: Entry[]): { path: string; body: object } {
  const { id, note } = group[0]!, sent_at = new Date().toISOString();
  switch (note.kind) {
    case "visit":
      return { path: "/api/v1/visits", body: { id, place: note.place, at: note.at, sent_at, with: note.with } };
    case "leave":
      return { path: `/api/v1/visits/${note.visit}/leave`, body: { at: note.at, sent_at } };
    case "keeper":
      return { path: `/api/v1/places/${note.place}/visits`, body: { sent_at, visits: group.map((e) => ({ id: e.id, ...(e.note as { row: object }).row })) } };
  }
}

/** post sends one request; status 0 is no network. */
async function post(group: Entry[]): Promise<Reply> {
  const { path, body } = request(group);
  const { init, done } = limit(requestMs);
  try {
    const response = await fetch(path, { ...init, method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body), credentials: "same-origin" });
    const retryMs = 1000 * Number(response.headers.get("Retry-After") || 0);
    return { status: response.status, body: await response.json().catch(() => null), retryMs };
  } catch {
    return { status: 0, body: null, retryMs: 0 };
  } finally {
    done();
  }
}
