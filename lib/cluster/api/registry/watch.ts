import { methodNotSupported } from "@/lib/cluster/client/status";
import { Entry, type StoreEvent } from "../store/collection";
import { entryPredicate, exactName, parseVersion, type EntryPredicate, type ListRequest } from "./list";
import { groupResource, type Registry, type Resource } from "./registry";

export type WatchRequest = Pick<
  ListRequest,
  "namespace" | "labelSelector" | "fieldSelector" | "resourceVersion"
> & {
  sendInitialEvents?: boolean;
};

export interface WatchedEvent {
  type: "ADDED" | "MODIFIED" | "DELETED";
  entry: Entry;
}

export interface Watch {
  /** What was there or happened before the watch began; events after it come to the handler. */
  initial: WatchedEvent[];
  /** The version that `initial` leads up to. */
  rv: number;
  stop(): void;
}

/**
 * Begins a watch: `handler` hears every later event that the selectors let through. Without a version (or at "0") the
 * present objects come first as ADDED. Call it after `store.settled()` in the same turn. Throws 410 Expired for a version that the window no longer reaches.
 */
export function watchObjects(
  registry: Registry,
  resource: Resource,
  request: WatchRequest,
  handler: (event: WatchedEvent) => void,
): Watch {
  if (resource.kind.verbs && !resource.kind.verbs.includes("watch"))
    throw methodNotSupported(groupResource(resource), "watch");
  const { collection } = resource;
  const filter = filterOf(resource, request);
  const asked = request.resourceVersion ? parseVersion(request.resourceVersion) : 0;
  const fromState = asked === 0 || request.sendInitialEvents === true;
  const rv = registry.store.rv;
  const initial: WatchedEvent[] = [];
  if (fromState) {
    for (const entry of collection.list(request.namespace)) {
      const event = filter({ type: "ADDED", rv: entry.rv, entry, previous: undefined });
      if (event) initial.push(event);
    }
  } else {
    for (const past of collection.eventsAfter(asked)) {
      const event = filter(past);
      if (event) initial.push(event);
    }
  }
  const stop = collection.subscribe((event) => {
    const seen = filter(event);
    if (seen) handler(seen);
  });
  return { initial, rv: Math.max(rv, asked), stop };
}

/** How an event looks to somebody who sees only matching objects: leaving the selection is a deletion. */
function filterOf(
  resource: Resource,
  request: WatchRequest,
): (event: StoreEvent) => WatchedEvent | undefined {
  const matches: EntryPredicate | undefined = entryPredicate(resource, request);
  const name = exactName(request.fieldSelector);
  return ({ type, rv, entry, previous }) => {
    const { metadata } = entry.object;
    if (request.namespace !== undefined && metadata.namespace !== request.namespace) return undefined;
    if (name !== undefined && metadata.name !== name) return undefined;
    if (!matches) return { type, entry };
    const before = previous !== undefined && matches(previous);
    if (type === "DELETED") return before ? { type, entry } : undefined;
    const now = matches(entry);
    if (now) return { type: before ? "MODIFIED" : "ADDED", entry };
    return before ? { type: "DELETED", entry: atVersion(previous!, rv) } : undefined;
  };
}

function atVersion({ object }: Entry, rv: number): Entry {
  return new Entry({ ...object, metadata: { ...object.metadata, resourceVersion: String(rv) } }, rv);
}
