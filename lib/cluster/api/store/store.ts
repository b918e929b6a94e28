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
 * of the event loop share one transaction (group commit). A change is visible to reads at once, so that the next
 * change builds on it; `durable()` tells when everything seen so far is safe, and watch events come only then.
 */
export class Store {
  #rv = 0;
  readonly #collections = new Map<string, Collection>();
  #pending: PendingWrite[] = [];
  #flushed: Promise<void> = Promise.resolve();
  /** Rows that a later one replaced: [their rv, the rv from which they are not needed]. */
  #superseded: [number, number][] = [];
  #compactedRv: number;
  #closed = false;

  constructor(
    readonly journal: Journal,
    readonly window = 1000,
    readonly onHandlerError?: (failure: unknown) => void,
  ) {
    this.#compactedRv = journal.compactedRv();
    this.#replay();
  }

  /** The version of the last change. */
  get rv(): number {
    return this.#rv;
  }

  collection(id: string): Collection {
    let collection = this.#collections.get(id);
    if (!collection) {
      // Nothing of it happened before: any version since the journal's floor is complete.
      collection = new Collection(id, this.window, this.#compactedRv, this.onHandlerError);
      this.#collections.set(id, collection);
    }
    return collection;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  /** Writes a new version; sets metadata.resourceVersion of `object`, which belongs to the store from now on. */
  put(collection: Collection, object: KubeObject, previous: Entry | undefined): Entry {
    const rv = ++this.#rv;
    object.metadata.resourceVersion = String(rv);
    const entry = new Entry(object, rv);
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

  /** Waits for a moment at which nothing is on its way to the journal: the start of a watch. */
  async settled(): Promise<void> {
    while (this.#pending.length > 0) await this.#flushed.catch(() => undefined);
  }

  /** Resolves when every change made so far is in the journal; rejects when they could not be written and are undone. */
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
      throw failure;
    }
    for (const { collection, event } of writes) collection.publish(event);
    if (this.#superseded.length > this.window * 3) this.#compact();
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

  #compact(): void {
    const floor = this.#rv - this.window;
    const gone = this.#superseded.filter(([, by]) => by <= floor).map(([rv]) => rv);
    this.#superseded = this.#superseded.filter(([, by]) => by > floor);
    if (gone.length === 0) return;
    this.journal.compact(gone, floor);
    this.#compactedRv = Math.max(this.#compactedRv, floor);
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
