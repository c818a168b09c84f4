// What this browser keeps, encrypted with a key that no script can read out: rows that wait to be sent, and a little memory.
// Who copies the files of the profile without the key has nothing; who takes the unlocked phone sees what the pages show.

import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";

const databaseName = "khien";

/** Sealed is AES-GCM: its initial vector and what it hides. */
export interface Sealed { iv: Uint8Array; data: ArrayBuffer }

/** Slip is one row of the outbox, as it lies on the disk. */
export interface Slip {
  id: string; // UUIDv7: the order of making
  state: "waiting" | "refused";
  due: number; // not before this moment, Unix ms
  tries: number;
  stream: string; // "own", or the place for which a keeper noted: rows of one stream are sent in their order
  sealed: Sealed;
}

interface Schema extends DBSchema {
  key: { key: string; value: CryptoKey };
  slip: { key: string; value: Slip; indexes: { state: string } };
  memory: { key: string; value: Sealed };
}

/** Vault opens the database once for a page. */
export class Vault {
  private constructor(readonly db: IDBPDatabase<Schema>, private readonly key: CryptoKey) {}

  /** open makes the key at the first use; it throws where a browser has no database or no cryptography (plain http). */
  static async open(): Promise<Vault> {
    const db = await openDB<Schema>(databaseName, 1, {
      upgrade(fresh) {
        fresh.createObjectStore("key");
        fresh.createObjectStore("slip", { keyPath: "id" }).createIndex("state", "state");
        fresh.createObjectStore("memory");
      },
      blocking: () => db.close(), // another tab wipes it
    });
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const tx = db.transaction("key", "readwrite", { durability: "strict" }); // of two tabs that open at once, the first one's key holds
    const key = (await tx.store.get("seal")) || made;
    if (key === made) await tx.store.put(made, "seal");
    await tx.done;
    return new Vault(db, key);
  }

  /** seal hides value under a name; what is sealed opens under the same name only. */
  async seal(name: string, value: unknown): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) }, this.key, text);
    return { iv, data };
  }

  /** unseal gives what seal hid. */
  async unseal<T>(name: string, sealed: Sealed): Promise<T> {
    const iv = sealed.iv as Uint8Array<ArrayBuffer>;
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) }, this.key, sealed.data);
    return JSON.parse(new TextDecoder().decode(text)) as T;
  }

  /** remember keeps value under name until it is forgotten. */
  async remember(name: string, value: unknown): Promise<void> {
    await this.db.put("memory", await this.seal(name, value), name);
  }

  /** recall gives what was remembered, or fallback. */
  async recall<T>(name: string, fallback: T): Promise<T> {
    const sealed = await this.db.get("memory", name);
    return sealed ? this.unseal<T>(name, sealed).catch(() => fallback) : fallback;
  }

  /** forget drops what was remembered. */
  forget(name: string): Promise<void> {
    return this.db.delete("memory", name);
  }

  /** putKey keeps a key that scripts may use and not read. */
  putKey(name: string, key: CryptoKey): Promise<unknown> {
    return this.db.put("key", key, name);
  }

  getKey(name: string): Promise<CryptoKey | undefined> {
    return this.db.get("key", name);
  }

  close(): void {
    this.db.close();
  }
}

/** wipe removes all of it: rows, memory and keys. The vaults of this page must be closed before. */
export function wipe(): Promise<void> {
  return deleteDB(databaseName);
}
