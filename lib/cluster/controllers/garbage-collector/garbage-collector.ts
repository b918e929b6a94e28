import type { Informer } from "@/lib/cluster/client/informers";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject, OwnerReference } from "@/lib/cluster/resources/kind";
import type { Collection } from "../collections";
import { orNull, recorderFor, runLoop, type ControllerContext, type Running } from "../controller";
import { Dependents, type Watched } from "./dependents";
import {
  foregroundFinalizer,
  invalidNamespaceMessage,
  orphanFinalizer,
  planDependent,
  planOwner,
  type OwnerState,
} from "./plan";
import { WatchedKinds } from "./watched-kinds";

const retryMs = 500;

/** Deletes what has lost its owner, and carries out foreground deletion and orphaning. */
export function runGarbageCollector(context: ControllerContext): Running {
  const { client } = context;
  const recorder = recorderFor(context, "garbage-collector-controller");
  const kinds = new WatchedKinds(client, (failure) =>
    context.logger.warn({ err: failure }, "garbage collector: a kind cannot be watched"),
  );
  const dependents = new Dependents();
  /** Objects that have an owner of a kind that is not served. */
  const waiting = new Set<string>();
  /** References that were told of, by the dependent's uid: once is enough. */
  const reported = new Map<string, Set<string>>();

  const ofOwner = (owner: KubeObject) => dependents.of(owner).map(({ object }) => object);

  async function change({ collection, object }: Watched, metadata: object): Promise<KubeObject> {
    const { namespace, name, resourceVersion } = object.metadata;
    return client.patch<KubeObject>(collection, namespace, name, "application/merge-patch+json", {
      metadata: { resourceVersion, ...metadata },
    });
  }

  async function withoutFinalizer(one: Watched, finalizer: string): Promise<void> {
    const left = one.object.metadata.finalizers!.filter((other) => other !== finalizer);
    await change(one, { finalizers: orNull(left) });
  }

  async function orphan(owner: Watched): Promise<void> {
    for (const dependent of dependents.of(owner.object)) {
      const left = dependent.object.metadata.ownerReferences!.filter(
        ({ uid }) => uid !== owner.object.metadata.uid,
      );
      await change(dependent, { ownerReferences: orNull(left) }).catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
      });
    }
    await withoutFinalizer(owner, orphanFinalizer);
  }

  /** An owner in another namespace is as good as none; the object says so before it goes. */
  function reportInvalid({ object }: Watched): void {
    const { namespace, uid = "" } = object.metadata;
    for (const owner of object.metadata.ownerReferences ?? []) {
      const told = reported.get(uid) ?? new Set();
      if (told.has(owner.uid) || !kinds.isElsewhere(owner, namespace)) continue;
      reported.set(uid, told.add(owner.uid));
      const message = invalidNamespaceMessage(namespace, owner);
      recorder.event(object, "Warning", "OwnerRefInvalidNamespace", message);
    }
  }

  async function collectDependent(one: Watched, addAfter: (delayMs: number) => void): Promise<void> {
    const { collection, object } = one;
    const seen = new Set<OwnerState>();
    const cachedState = (owner: OwnerReference) => {
      const state = kinds.stateOf(object, owner);
      seen.add(state);
      return state;
    };
    const cached = planDependent(object, cachedState, ofOwner(object));
    if (seen.has("dangling") || seen.has("invalid")) reportInvalid(one);
    if (cached.kind === "wait") waiting.add(keyFor(collection, object));
    if (cached.kind === "none" || cached.kind === "wait") return;
    // The caches of two kinds are not of one moment: ask for the owners before changing anything.
    const states = await kinds.liveStatesOf(object);
    const plan = planDependent(object, (owner) => states.get(owner.uid) ?? "unknown", ofOwner(object));
    if (plan.kind === "none" || plan.kind === "wait") return addAfter(retryMs);
    const owners = object.metadata.ownerReferences!;
    if (plan.kind === "unlink") return void (await change(one, { ownerReferences: plan.owners }));
    const free = owners.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    const latest = plan.unblock ? await change(one, { ownerReferences: free }) : object;
    const { namespace, name, uid, resourceVersion } = latest.metadata;
    await client.delete(collection, namespace, name, {
      propagationPolicy: plan.policy,
      preconditions: { uid, resourceVersion },
    });
  }

  async function collect(key: string, addAfter: (delayMs: number) => void): Promise<void> {
    const [group = "", version = "", plural = "", namespace, name = ""] = key.split("/");
    const found = kinds.find(group, version, plural);
    const object = found?.[1].get(namespace, name);
    if (!found || !object) return;
    const one: Watched = { collection: found[0], object };
    const plan = planOwner(object, ofOwner(object));
    switch (plan.kind) {
      case "none":
        return collectDependent(one, addAfter);
      case "orphan":
        return orphan(one);
      case "release":
        return withoutFinalizer(one, foregroundFinalizer);
      case "collect":
        for (const dependent of dependents.of(object))
          if (plan.dependents.includes(dependent.object)) await collectDependent(dependent, addAfter);
    }
  }

  /** Those that are deleted in the foreground, and that this object has just stopped to hold up. */
  function* ownersThatWait(now: KubeObject | undefined, old: KubeObject | undefined): Generator<string> {
    for (const owner of old?.metadata.ownerReferences ?? []) {
      const isHeld = now?.metadata.ownerReferences?.some(
        ({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion,
      );
      const [collection, found] = (!isHeld && kinds.owner(owner, old!.metadata.namespace)) || [];
      if (collection && found?.metadata.uid === owner.uid && found.metadata.deletionTimestamp)
        yield keyFor(collection, found);
    }
  }

  const running = runLoop(context, {
    name: "garbage-collector",
    initial: () => [],
    watch(add) {
      const follow = (collection: Collection, informer: Informer<KubeObject>) => {
        const release = informer.onChange((now, old) => {
          dependents.change(collection, now, old);
          if (now?.metadata.ownerReferences?.length || now?.metadata.deletionTimestamp)
            add(keyFor(collection, now));
          if (!now) reported.delete(old!.metadata.uid ?? "");
          // Who names it may know more now: it has come, is about to go, or is gone.
          if (!now || !old || now.metadata.deletionTimestamp)
            for (const dependent of dependents.of((now ?? old)!))
              add(keyFor(dependent.collection, dependent.object));
          for (const owner of ownersThatWait(now, old)) add(owner);
        });
        return () => {
          release();
          for (const object of informer.list()) dependents.change(collection, undefined, object);
        };
      };
      return kinds.follow(follow, () => {
        for (const key of waiting) add(key);
        waiting.clear();
      });
    },
    async reconcile(key, addAfter) {
      await kinds.started();
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
      kinds.stop();
      await running.stop();
    },
  };
}

function keyFor(collection: Collection, { metadata }: KubeObject): string {
  const { group, version, plural } = collection;
  return `${group}/${version}/${plural}/${metadata.namespace ?? ""}/${metadata.name}`;
}
