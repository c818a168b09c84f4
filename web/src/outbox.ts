// Visits that were noted and have not been delivered. Each carries its id from the moment of noting, so that however often and from however
// many tabs it is sent, the server writes it once.

import { uuid7 } from "./uuid";
import type { Slip, Vault } from "./vault";

/** Note is what a slip says. */
export type Note =
  | { kind: "keeper"; place: string; row: KeeperRow }
  | { kind: "visit"; place: string; at: string; with?: number }
  | { kind: "leave"; visit: string; at: string };

/** KeeperRow is one row of what a keeper noted, without its id. */
export interface KeeperRow { at: string; code?: string; name?: string; phone?: string; birth?: string; leave?: boolean }

/** Entry is an opened slip. */
export interface Entry { id: string; stream: string; tries: number; note: Note; why: string }

/** Counts say how many wait and how many were refused. */
export interface Counts { waiting: number; refused: number }

const keptMs = 7 * 86400000;

/** madeMs is the moment that a UUIDv7 begins with. */
const madeMs = (id: string) => parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

interface Inside { note: Note; why: string }

/** Outbox keeps the slips in a vault. */
export class Outbox {
  constructor(private readonly vault: Vault) {}

  /** add keeps a note on the disk and gives its id; when it returns, killing the page loses nothing. */
  async add(note: Note, id: string = uuid7()): Promise<string> {
    const sealed = await this.vault.seal(id, { note, why: "" } as Inside);
    const tx = this.vault.db.transaction("slip", "readwrite", { durability: "strict" });
    await tx.store.put({ id, state: "waiting", due: 0, tries: 0, stream: note.kind === "keeper" ? note.place : "own", sealed });
    await tx.done;
    return id;
  }

  /** due gives the streams of which a slip may be sent now, each from its oldest slip on, up to most: nobody leaves before they came. */
  async due(nowMs: number, most: number): Promise<Entry[][]> {
    const slips = await this.vault.db.getAllFromIndex("slip", "state", "waiting");
    const streams = Array.from(new Set(slips.filter((s) => s.due <= nowMs).map((s) => s.stream)));
    return Promise.all(streams.map((name) => Promise.all(slips.filter((s) => s.stream === name).slice(0, most).map((s) => this.opened(s)))));
  }

  /** nextDue is when the next slip may be sent, Unix ms; Infinity when none waits. */
  async nextDue(): Promise<number> {
    const slips = await this.vault.db.getAllFromIndex("slip", "state", "waiting");
    return slips.reduce((soonest, s) => Math.min(soonest, s.due), Infinity);
  }

  /** refused gives what the server would not take. */
  async refused(): Promise<Entry[]> {
    return Promise.all((await this.vault.db.getAllFromIndex("slip", "state", "refused")).map((s) => this.opened(s)));
  }

  async counts(): Promise<Counts> {
    const count = (state: Slip["state"]) => this.vault.db.countFromIndex("slip", "state", state);
    return { waiting: await count("waiting"), refused: await count("refused") };
  }

  /** remove forgets slips: they were delivered, or taken back before. */
  async remove(ids: string[]): Promise<void> {
    const tx = this.vault.db.transaction("slip", "readwrite");
    for (const id of ids) void tx.store.delete(id);
    await tx.done;
  }

  /** has says whether a slip is still here. */
  async has(id: string): Promise<boolean> {
    return (await this.vault.db.getKey("slip", id)) !== undefined;
  }

  /** postpone lets all slips of a stream wait until a moment. */
  async postpone(stream: string, dueMs: number): Promise<void> {
    const tx = this.vault.db.transaction("slip", "readwrite");
    for (const slip of await tx.store.index("state").getAll("waiting")) {
      if (slip.stream === stream) await tx.store.put({ ...slip, due: dueMs, tries: slip.tries + 1 });
    }
    await tx.done;
  }

  /** hurry makes all that wait due now: the network is back, or somebody asked. */
  async hurry(): Promise<void> {
    const tx = this.vault.db.transaction("slip", "readwrite");
    for (const slip of await tx.store.index("state").getAll("waiting")) if (slip.due) await tx.store.put({ ...slip, due: 0, tries: 0 });
    await tx.done;
  }

  /** refuse keeps a slip, with the reason, for somebody to see. */
  async refuse(entry: Entry, why: string): Promise<void> {
    const sealed = await this.vault.seal(entry.id, { note: entry.note, why } as Inside);
    await this.vault.db.put("slip", { id: entry.id, state: "refused", due: 0, tries: entry.tries, stream: entry.stream, sealed });
  }

  /** expire forgets what was refused a week ago: the server takes nothing as old, and nobody has mended it. */
  async expire(nowMs: number): Promise<void> {
    const old = (await this.vault.db.getAllFromIndex("slip", "state", "refused")).filter((s) => nowMs - madeMs(s.id) > keptMs);
    await this.remove(old.map((s) => s.id));
  }

  /** retry sends a refused slip once more. */
  async retry(id: string): Promise<void> {
    const slip = await this.vault.db.get("slip", id);
    if (slip) await this.vault.db.put("slip", { ...slip, state: "waiting", due: 0, tries: 0 });
  }

  private async opened(slip: Slip): Promise<Entry> {
    const { note, why } = await this.vault.unseal<Inside>(slip.id, slip.sealed);
    return { id: slip.id, stream: slip.stream, tries: slip.tries, note, why };
  }
}
