import { setMaxListeners } from "node:events";
import { Informer } from "@/lib/cluster/client/informers";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import { orNull, runLoop, type ControllerContext, type Running } from "../controller";
import { collections, collectionOf, customCollection, definitionsRef, type Collection } from "../collections";
import { canonical } from "../pods";
import { foregroundFinalizer, isDependentOf, orphanFinalizer, planDependent, type OwnerState } from "./plan";

const retryMs = 500;
/** Kinds that are many, short-lived and never owners or owned. */
const ignored = new Set(["events"]);

/** Deletes what has lost its owner, and carries out foreground deletion and orphaning. */
export function runGarbageCollector(context: ControllerContext): Running {
  const { client } = context;
  const abort = new AbortController();
  setMaxListeners(0, abort.signal); // one watch a collection
  const informers = new Map<Collection, Informer<KubeObject>>();
  for (const collection of collections)
    if (!ignored.has(collection.plural))
      informers.set(collection, new Informer<KubeObject>(client, collection, abort.signal));
  const definitions = [...informers].find(
    ([{ plural, group }]) => plural === definitionsRef.plural && group === definitionsRef.group,
  )![1] as unknown as Informer<CustomResourceDefinition>;
  /** Kinds of CustomResourceDefinitions, by the definition's name; each with what ends its watch. */
  const custom = new Map<string, { collection: Collection; stop(): void }>();
  const keyFor = (collection: Collection, object: KubeObject) =>
    `${collection.group}/${collection.version}/${collection.plural}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
  const watched = (group: string, version: string, plural: string) =>
    [...informers].find(([one]) => one.group === group && one.version === version && one.plural === plural);
  /** Where the owner that a reference names lives, in whatever served version it is named. */
  function ownerCollection(apiVersion: string, kind: string): Collection | undefined {
    const [group] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
    return (
      collectionOf(apiVersion, kind) ??
      [...custom.values()]
        .map(({ collection }) => collection)
        .find((one) => one.group === group && one.kind === kind)
    );
  }

  function* dependentsOf(owner: KubeObject): Generator<{ collection: Collection; object: KubeObject }> {
    for (const [collection, informer] of informers)
      for (const object of informer.list()) if (isDependentOf(object, owner)) yield { collection, object };
  }

  function stateOf(
    object: KubeObject,
    owner: { apiVersion: string; kind: string; name: string; uid: string },
  ): OwnerState {
    const collection = ownerCollection(owner.apiVersion, owner.kind);
    const informer = collection && informers.get(collection);
    // A kind that this server does not know cannot be said to be gone.
    if (!informer) return "present";
    const found = informer.get(collection.namespaced ? object.metadata.namespace : undefined, owner.name);
    if (found?.metadata.uid !== owner.uid) return "absent";
    const isWaiting =
      found.metadata.deletionTimestamp !== undefined &&
      found.metadata.finalizers?.includes(foregroundFinalizer);
    return isWaiting ? "waiting" : "present";
  }

  /** Those that are deleted in the foreground, and that this object has just stopped to hold up. */
  function* ownersThatWait(now: KubeObject | undefined, old: KubeObject | undefined): Generator<string> {
    for (const { apiVersion, kind, name, uid } of old?.metadata.ownerReferences ?? []) {
      const holds = now?.metadata.ownerReferences?.some((one) => one.uid === uid && one.blockOwnerDeletion);
      const collection = ownerCollection(apiVersion, kind);
      const found =
        !holds &&
        collection &&
        informers.get(collection)?.get(collection.namespaced ? old!.metadata.namespace : undefined, name);
      if (found && found.metadata.uid === uid && found.metadata.deletionTimestamp)
        yield keyFor(collection, found);
    }
  }

  async function withoutFinalizer(
    collection: Collection,
    object: KubeObject,
    finalizer: string,
  ): Promise<void> {
    await client.patch(
      collection,
      object.metadata.namespace,
      object.metadata.name,
      "application/merge-patch+json",
      {
        metadata: {
          resourceVersion: object.metadata.resourceVersion,
          finalizers: orNull(object.metadata.finalizers!.filter((one) => one !== finalizer)),
        },
      },
    );
  }

  async function collect(key: string, addAfter: (delayMs: number) => void): Promise<void> {
    const [group, version, plural, namespace, name] = key.split("/") as [
      string,
      string,
      string,
      string,
      string,
    ];
    const found = watched(group, version, plural);
    if (!found) return;
    const [collection, informer] = found;
    const object = informer.get(namespace, name);
    if (!object) return;
    if (object.metadata.deletionTimestamp) {
      if (object.metadata.finalizers?.includes(orphanFinalizer)) {
        for (const dependent of dependentsOf(object))
          await unlink(dependent.collection, dependent.object, object);
        return withoutFinalizer(collection, object, orphanFinalizer);
      }
      if (!object.metadata.finalizers?.includes(foregroundFinalizer)) return;
      const blocking = [...dependentsOf(object)].filter(({ object: one }) =>
        one.metadata.ownerReferences?.some(
          ({ uid, blockOwnerDeletion }) => uid === object.metadata.uid && blockOwnerDeletion,
        ),
      );
      if (blocking.length === 0) return withoutFinalizer(collection, object, foregroundFinalizer);
      for (const dependent of dependentsOf(object))
        if (!dependent.object.metadata.deletionTimestamp)
          await collect(keyFor(dependent.collection, dependent.object), addAfter);
      return; // each dependent that goes makes its owner due
    }
    const plan = planDependent(object, (owner) => stateOf(object, owner));
    if (plan.kind === "none") return;
    if (plan.kind === "unlink") {
      await client.patch(collection, object.metadata.namespace, name, "application/merge-patch+json", {
        metadata: { resourceVersion: object.metadata.resourceVersion, ownerReferences: plan.owners },
      });
      return;
    }
    // The caches of two kinds are not of one moment: ask for the owners before deleting anything.
    for (const owner of object.metadata.ownerReferences ?? []) {
      const of = ownerCollection(owner.apiVersion, owner.kind);
      if (!of) return addAfter(retryMs);
      const live = await client
        .get<KubeObject>(of, of.namespaced ? object.metadata.namespace : undefined, owner.name)
        .catch((failure: unknown) => {
          if (isNotFound(failure)) return undefined;
          throw failure;
        });
      const isThere = live?.metadata.uid === owner.uid;
      const isWaiting =
        live?.metadata.deletionTimestamp && live.metadata.finalizers?.includes(foregroundFinalizer);
      if (isThere && !isWaiting) return addAfter(retryMs);
    }
    await client.delete(collection, object.metadata.namespace, name, {
      propagationPolicy: plan.policy,
      preconditions: { uid: object.metadata.uid },
    });
  }

  async function unlink(collection: Collection, object: KubeObject, owner: KubeObject): Promise<void> {
    await client.patch(
      collection,
      object.metadata.namespace,
      object.metadata.name,
      "application/merge-patch+json",
      {
        metadata: {
          resourceVersion: object.metadata.resourceVersion,
          ownerReferences: orNull(
            object.metadata.ownerReferences!.filter(({ uid }) => uid !== owner.metadata.uid),
          ),
        },
      },
    );
  }

  const running = runLoop(context, {
    name: "garbage-collector",
    initial: () => [],
    watch: (add) => {
      const follow = (collection: Collection, informer: Informer<KubeObject>) =>
        informer.onChange((now, old) => {
          if (now?.metadata.ownerReferences?.length || now?.metadata.deletionTimestamp)
            add(keyFor(collection, now));
          const owner = now ?? old!;
          // Dependents of what is gone or about to go.
          if (!now || now.metadata.deletionTimestamp)
            for (const dependent of dependentsOf(owner)) add(keyFor(dependent.collection, dependent.object));
          for (const waiting of ownersThatWait(now, old)) add(waiting);
        });
      const start = (informer: Informer<KubeObject>) =>
        informer.start().catch((failure: unknown) => {
          context.logger.warn({ err: failure }, "garbage collector: a kind cannot be watched");
        });
      const releases = [...informers].map(([collection, informer]) => follow(collection, informer));
      releases.push(
        definitions.onChange((now, old) => {
          const { name } = (now ?? old)!.metadata;
          const collection = now && customCollection(now);
          const known = custom.get(name);
          if (known && canonical(known.collection) === canonical(collection ?? null)) return;
          known?.stop();
          custom.delete(name);
          if (!collection) return;
          const own = new AbortController();
          const informer = new Informer<KubeObject>(
            client,
            collection,
            AbortSignal.any([abort.signal, own.signal]),
          );
          informers.set(collection, informer);
          const release = follow(collection, informer);
          custom.set(name, {
            collection,
            stop() {
              release();
              informers.delete(collection);
              own.abort(new Error("The definition is gone."));
            },
          });
          void start(informer);
        }),
      );
      for (const informer of informers.values()) void start(informer);
      return releases;
    },
    async reconcile(key, addAfter) {
      await Promise.all([...informers.values()].map((informer) => informer.start().catch(() => undefined)));
      try {
        await collect(key, addAfter);
      } catch (failure) {
        if (isNotFound(failure)) return;
        if (!isConflict(failure)) throw failure;
        addAfter(retryMs / 10);
      }
    },
  });
  return {
    async stop() {
      abort.abort(new Error("The garbage collector is stopping."));
      await running.stop();
    },
  };
}
