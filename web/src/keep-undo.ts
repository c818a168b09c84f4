// Taking back a scan that the server has.

import type { Recent } from "./keep-list";
import type { Outbox } from "./outbox";

/** takeBack ends a visit a second after it began: nobody was there, and the row that says so stays for the tracer. */
export async function takeBack(outbox: Outbox, place: string, row: Recent): Promise<void> {
  await outbox.add({ kind: "keeper", place, row: { at: new Date(row.at + 1000).toISOString(), leave: true } }, row.id);
}
