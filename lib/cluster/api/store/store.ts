import { AppError } from "@/lib/core/app-error";
import { ApiStatusError } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { Collection, Entry, keyOf, type StoreEvent } from "./collection";
import type { Journal, JournalRow } from "./journal";

/** The collection of a resource: versions of a group share it. */
export const collectionId = (group: string, plural: string) =>
  group ? `${group}/${plural}` : `core/${plural}`;

interface PendingWrite {
  collection: Collection;
  event: StoreEvent;
  row: JournalRow;
}

/**
 * All objects of a cluster in memory, every change journaled before anyone outside hears of it. Changes of one turn
 * of the event loop share one transaction (group commit). A change is visible at once, so that the next change builds
 * on it; `durable()` tells its writer when it is safe, watch events come only then, and reads wait for `settled()` first.
 */
export class Store {
  #rv = 0;
  #publishedRv = 0;
  readonly #collections = new Map<string, Collection>();
  #pending: PendingWrite[] = [];
  #flushed: Promise<void> = Promise.resolve();
  /** Rows that a later one replaced: [their rv, the rv from which they are not needed]. */
  #superseded: [number, number][] = [];
  /** How many of them start a compaction; more after one that failed. */
  #compactAt: number;
  #compactedRv: number;
  #closed = false;

  constructor(
    readonly journal: Journal,
    readonly window = 1000,
    readonly onFailure?: (failure: unknown, what: string) => void,
  ) {
    this.#compactedRv = journal.compactedRv();
    this.#compactAt = this.#nextCompaction();
    this.#replay();
    this.#publishedRv = this.#rv;
  }

  /** The version of the last change. */
  get rv(): number {
    return this.#rv;
  }

  /** Every change up to this version has been published to its watches. */
  get publishedRv(): number {
    return this.#publishedRv;
  }

  collection(id: string): Collection {
    let collection = this.#collections.get(id);
    if (!collection) {
      // Nothing of it happened before: any version since the journal's floor is complete.
      collection = new Collection(id, this.window, this.#compactedRv, (failure) =>
        this.onFailure?.(failure, "a watcher failed"),
      );
      this.#collections.set(id, collection);
    }
    return collection;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  /**
   * Writes a new version; sets metadata.resourceVersion of `object`, which belongs to the store from now on. Throws what
   * etcd says of one that is too large.
   */
  put(collection: Collection, object: KubeObject, previous: Entry | undefined): Entry {
    const rv = this.#rv + 1;
    object.metadata.resourceVersion = String(rv);
    const entry = new Entry(object, rv);
    if (isTooLarge(entry)) throw new ApiStatusError(500, "", "etcdserver: request is too large");
    this.#rv = rv;
    collection.put(entry);
    const row = { rv, key: `${collection.id}/${keyOf(object)}`, value: entry.json };
    if (previous) this.#superseded.push([previous.rv, rv]);
    this.#enqueue({
      collection,
      event: { type: previous ? "MODIFIED" : "ADDED", rv, entry, previous },
      row,
    });
    return entry;
  }

  /** Removes an object; the entry returned is its last state at the version of the deletion. */
  remove(collection: Collection, previous: Entry): Entry {
    const rv = ++this.#rv;
    const object = {
      ...previous.object,
      metadata: { ...previous.object.metadata, resourceVersion: String(rv) },
    };
    const entry = new Entry(object, rv);
    collection.remove(object);
    this.#superseded.push([previous.rv, rv], [rv, rv]);
    this.#enqueue({
      collection,
      event: { type: "DELETED", rv, entry, previous },
      row: { rv, key: `${collection.id}/${keyOf(object)}`, value: null },
    });
    return entry;
  }

  /** Waits for a moment at which nothing is on its way to the journal: what is read then, in the same turn, stays. */
  async settled(): Promise<void> {
    while (this.#pending.length > 0) await this.#flushed.catch(() => undefined);
  }

  /**
   * For a writer, in the turn of its change: resolves when the change is in the journal; rejects with a Status when it
   * could not be written and is undone. A refused change does not trouble later ones.
   */
  durable(): Promise<void> {
    return this.#flushed;
  }

  async close(): Promise<void> {
    await this.#flushed.catch(() => undefined);
    this.#closed = true;
    this.journal.close();
  }

  #enqueue(write: PendingWrite): void {
    if (this.#closed) throw new Error("The store is closed.");
    this.#pending.push(write);
    if (this.#pending.length > 1) return;
    this.#flushed = new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          this.#flush();
          resolve();
        } catch (failure) {
          reject(failure as Error);
        }
      });
    });
    this.#flushed.catch(() => undefined); // every writer awaits it; without writers left nobody needs to know
  }

  #flush(): void {
    const writes = this.#pending;
    this.#pending = [];
    try {
      this.journal.append(writes.map(({ row }) => row));
    } catch (failure) {
      this.#undo(writes);
      this.#flushed = Promise.resolve();
      throw refusedWrite(failure);
    }
    for (const { collection, event } of writes) collection.publish(event);
    this.#publishedRv = writes.at(-1)!.event.rv;
    if (this.#superseded.length > this.#compactAt) this.#compact();
  }

  /** Takes back writes that the journal refused: nobody but reads of this turn saw them. */
  #undo(writes: PendingWrite[]): void {
    for (const { collection, event } of writes.toReversed()) {
      if (event.previous) collection.put(event.previous);
      else collection.remove(event.entry.object);
    }
    const first = writes[0]!.event.rv;
    this.#superseded = this.#superseded.filter(([, by]) => by < first);
  }

  /** Often, and little at a time: the write that starts a compaction waits for it. */
  #nextCompaction(): number {
    return this.window + Math.ceil(this.window / 10);
  }

  #compact(): void {
    const floor = this.#rv - this.window;
    const gone = this.#superseded.filter(([, by]) => by <= floor).map(([rv]) => rv);
    if (gone.length > 0) {
      try {
        this.journal.compact(gone, floor);
      } catch (failure) {
        // The writes that led here are safe: their writers have nothing to fear, and a later turn tries again.
        this.#compactAt = this.#superseded.length + this.window;
        this.onFailure?.(failure, "the journal could not be compacted");
        return;
      }
      this.#compactedRv = Math.max(this.#compactedRv, floor);
    }
    this.#compactAt = this.#nextCompaction();
    this.#superseded = this.#superseded.filter(([, by]) => by > floor);
  }

  #replay(): void {
    for (const { rv, key, value } of this.journal.replay()) {
      this.#rv = rv;
      const [group, plural, ...rest] = key.split("/");
      const collection = this.collection(`${group}/${plural}`);
      const [namespace, name] = rest.length === 2 ? rest : [undefined, rest[0]];
      const previous = collection.get(namespace, name!);
      if (previous) this.#superseded.push([previous.rv, rv]);
      let entry: Entry;
      if (value === null) {
        this.#superseded.push([rv, rv]);
        if (!previous) continue;
        const metadata = { ...previous.object.metadata, resourceVersion: String(rv) };
        entry = new Entry({ ...previous.object, metadata }, rv);
        collection.remove(previous.object);
      } else {
        entry = new Entry(JSON.parse(value) as KubeObject, rv);
        collection.put(entry);
      }
      if (rv <= this.#compactedRv) continue;
      const type = value === null ? "DELETED" : previous ? "MODIFIED" : "ADDED";
      collection.remember({ type, rv, entry, previous });
    }
  }
}

/** etcd's limit of a request (--max-request-bytes). */
const requestBytesMax = 1.5 * 1024 * 1024;

/** JSON's quotes and escapes do not count: etcd has protobuf, at least of what is escaped most. */
function isTooLarge({ json, object }: Entry): boolean {
  const mayBe = json.length * 3 > requestBytesMax && Buffer.byteLength(json) > requestBytesMax;
  return mayBe && textBytes(object) > requestBytesMax;
}

function textBytes(value: unknown): number {
  if (typeof value !== "object" || value === null) return Buffer.byteLength(String(value));
  let bytes = 0;
  for (const [name, member] of Object.entries(value)) bytes += name.length + textBytes(member);
  return bytes;
}

/** What the API server says when etcd has no room; the journal's own words are for the log. */
function refusedWrite(failure: unknown): ApiStatusError {
  if (!(failure instanceof AppError)) return ApiStatusError.from(failure);
  const why = failure.code === "exhausted" ? "mvcc: database space exceeded" : "request timed out";
  return Object.assign(new ApiStatusError(500, "", `etcdserver: ${why}`), { cause: failure });
}
