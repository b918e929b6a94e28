import type { KubeObject } from "@/lib/cluster/resources/kind";
import { tooOldResourceVersion } from "@/lib/cluster/client/status";

const metadataStart = '"metadata":'.length;

/** One version of one object. The object is shared with everybody who reads: never change it. */
export class Entry {
  #body: string | undefined;
  #metadataLength = 0;

  constructor(
    readonly object: KubeObject,
    readonly rv: number,
  ) {}

  /** The object as JSON without kind, apiVersion and the opening brace: `"metadata":{...},...}`. Made once. */
  get body(): string {
    if (this.#body === undefined) {
      const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = this.object;
      const head = JSON.stringify(metadata);
      const tail = JSON.stringify(rest).slice(1);
      this.#metadataLength = head.length;
      this.#body = `"metadata":${head}${tail === "}" ? "" : ","}${tail}`;
    }
    return this.#body;
  }

  /** The metadata alone, as JSON: a piece of `body`, not a copy. */
  get metadataJson(): string {
    const { body } = this;
    return body.slice(metadataStart, metadataStart + this.#metadataLength);
  }

  get json(): string {
    return `{"kind":${JSON.stringify(this.object.kind)},"apiVersion":${JSON.stringify(this.object.apiVersion)},${this.body}`;
  }

  /** Superseded versions stay in the watch window; their text need not. */
  forgetBody(): void {
    this.#body = undefined;
  }
}

export interface StoreEvent {
  type: "ADDED" | "MODIFIED" | "DELETED";
  rv: number;
  /** The state after the change; of a deletion the last state, at the version of the deletion. */
  entry: Entry;
  previous: Entry | undefined;
}

export type EventHandler = (event: StoreEvent) => void;

/** All objects of one resource: indexed by namespace and name, with the latest events for watches. */
export class Collection {
  readonly #namespaces = new Map<string, Map<string, Entry>>();
  #sorted: Map<string, Entry[]> = new Map();
  #events: StoreEvent[] = [];
  readonly #handlers = new Set<EventHandler>();
  count = 0;

  /** Events after this version are all in the window. */
  #windowRv: number;

  constructor(
    readonly id: string,
    readonly window: number,
    windowRv: number,
    readonly onHandlerError: (failure: unknown) => void = () => undefined,
  ) {
    this.#windowRv = windowRv;
  }

  get(namespace: string | undefined, name: string): Entry | undefined {
    return this.#namespaces.get(namespace ?? "")?.get(name);
  }

  /** In the order of etcd's keys: by namespace, then name. The array is shared: never change it. */
  list(namespace?: string): readonly Entry[] {
    const key = namespace ?? "*";
    let entries = this.#sorted.get(key);
    if (!entries) {
      if (namespace === undefined && !(this.#namespaces.size === 1 && this.#namespaces.has(""))) {
        const prefixes = [...this.#namespaces.keys()].map((name) => `${name}/`).sort(byBytes);
        entries = prefixes.flatMap((prefix) => this.list(prefix.slice(0, -1)));
      } else {
        const names = this.#namespaces.get(namespace ?? "");
        entries = names
          ? [...names.values()].sort((a, b) => byBytes(a.object.metadata.name, b.object.metadata.name))
          : [];
      }
      this.#sorted.set(key, entries);
    }
    return entries;
  }

  /** The collection as it was at `rv`; throws 410 Expired when the window does not reach back that far. */
  listAt(rv: number, namespace?: string): readonly Entry[] {
    const later = this.eventsAfter(rv);
    if (later.length === 0) return this.list(namespace);
    const entries = new Map(this.list(namespace).map((entry) => [keyOf(entry.object), entry]));
    for (const { entry, previous } of later.toReversed()) {
      if (namespace !== undefined && entry.object.metadata.namespace !== namespace) continue;
      if (previous) entries.set(keyOf(entry.object), previous);
      else entries.delete(keyOf(entry.object));
    }
    return [...entries.values()].sort((a, b) => byBytes(keyOf(a.object), keyOf(b.object)));
  }

  eventsAfter(rv: number): StoreEvent[] {
    if (rv < this.#windowRv) throw tooOldResourceVersion(rv, this.#windowRv);
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.rv <= rv) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  put(entry: Entry): void {
    const { namespace = "", name } = entry.object.metadata;
    let names = this.#namespaces.get(namespace);
    if (!names) this.#namespaces.set(namespace, (names = new Map()));
    const isNew = !names.has(name);
    names.set(name, entry);
    if (isNew) this.count++;
    this.#forgetSorted(namespace);
  }

  remove(object: KubeObject): void {
    const { namespace = "", name } = object.metadata;
    const names = this.#namespaces.get(namespace);
    if (!names?.delete(name)) return;
    this.count--;
    if (names.size === 0) this.#namespaces.delete(namespace);
    this.#forgetSorted(namespace);
  }

  /** Keeps the event for watches that come back; a replay uses it alone. */
  remember(event: StoreEvent): void {
    this.#events.push(event);
    if (this.#events.length > this.window * 1.25) {
      const dropped = this.#events.splice(0, this.#events.length - this.window);
      this.#windowRv = dropped.at(-1)!.rv;
    }
  }

  publish(event: StoreEvent): void {
    this.remember(event);
    for (const handler of this.#handlers) {
      try {
        handler(event);
      } catch (failure) {
        // The write stands: one watcher's trouble is neither the writer's nor the other watchers'.
        this.onHandlerError(failure);
      }
    }
    event.previous?.forgetBody();
  }

  subscribe(handler: EventHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #forgetSorted(namespace: string): void {
    this.#sorted.delete(namespace);
    this.#sorted.delete("*");
  }
}

export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** Byte order, as etcd sorts; names are ASCII. */
export const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
