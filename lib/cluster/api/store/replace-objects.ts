import type { KubeObject } from "@/lib/cluster/resources/kind";
import { keyOf } from "./collection";
import type { Store } from "./store";

/** By collection. */
export type StoredObjects = Record<string, KubeObject[]>;

export function objectsOf(store: Store): StoredObjects {
  return Object.fromEntries(
    [...store.collections()].map((one) => [one.id, one.list().map(({ object }) => object)]),
  );
}

/**
 * Makes the store hold `objects`, which belong to it from now on, and nothing else. Versions go on from where they are, so
 * that watches hear of every difference as of any other change. Resolves when that is in the journal.
 */
export async function replaceObjects(store: Store, objects: StoredObjects): Promise<void> {
  await store.settled();
  for (const id of Object.keys(objects)) store.collection(id);
  // Definitions come first: what they define is served when it comes.
  const ordered = [...store.collections()].sort(
    (a, b) => Number(isDefinitions(b.id)) - Number(isDefinitions(a.id)),
  );
  for (const collection of ordered) {
    const wanted = new Map((objects[collection.id] ?? []).map((object) => [keyOf(object), object]));
    for (const entry of [...collection.list()])
      if (!wanted.has(keyOf(entry.object))) store.remove(collection, entry);
    for (const object of wanted.values()) {
      const { namespace, name } = object.metadata;
      const previous = collection.get(namespace, name);
      if (!previous || !isSame(previous.object, object)) store.put(collection, object, previous);
    }
  }
  await store.durable();
}

const isDefinitions = (id: string) => id === "apiextensions.k8s.io/customresourcedefinitions";

function isSame(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion } = a.metadata;
  return JSON.stringify(a) === JSON.stringify({ ...b, metadata: { ...b.metadata, resourceVersion } });
}
