import { refs } from "@/lib/cluster/client/refs";
import { hasReason, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Condition, CustomResourceDefinition, Namespace } from "@/lib/cluster/resources/types";
import { runLoop, type ControllerContext, type Running } from "../controller";
import { collections, customCollection, definitionsRef, type Collection } from "../collections";
import { isTerminating, terminationConditions, type Remaining } from "./plan";

const retryFirstMs = 1000;
const retryMaxMs = 15_000;

/** Empties namespaces that are being deleted and lets them go (kubernetes 1.34 pkg/controller/namespace/deletion). */
export function runNamespaces(context: ControllerContext): Running {
  const { informers, client, clock } = context;

  /** How often each namespace was found not empty: the next look comes later and later. */
  const looks = new Map<string, number>();

  /** All kinds that live in namespaces, those of CustomResourceDefinitions too. */
  async function namespaced(): Promise<Collection[]> {
    const { items } = await client.list<CustomResourceDefinition>(definitionsRef);
    return [...collections, ...items.flatMap((one) => customCollection(one) ?? [])].filter(
      (collection) => collection.namespaced,
    );
  }

  return runLoop(context, {
    name: "namespaces",
    initial: () =>
      informers.namespaces
        .list()
        .filter(isTerminating)
        .map(({ metadata }) => metadata.name),
    watch: (add) => [
      informers.namespaces.onChange((now, old) => {
        if (!now) looks.delete(old!.metadata.name);
        else if (isTerminating(now)) add(now.metadata.name);
      }),
      // What mostly holds a namespace: pods that end.
      informers.pods.onChange((now, old) => {
        const name = old?.metadata.namespace;
        const namespace = now ? undefined : informers.namespaces.get(undefined, name ?? "");
        if (namespace && isTerminating(namespace) && informers.pods.list(name).length === 0)
          add(namespace.metadata.name);
      }),
    ],
    async reconcile(name, addAfter) {
      const namespace = informers.namespaces.get(undefined, name);
      if (!namespace || !isTerminating(namespace)) return;
      const remaining: Remaining[] = [];
      const failures: Error[] = [];
      for (const collection of await namespaced()) {
        const failed = (failure: unknown) => void failures.push(failure as Error);
        for (const item of await listOf(collection, name)
          .catch(failed)
          .then((items) => items ?? [])) {
          if (!item.metadata.deletionTimestamp)
            await client
              .delete(collection, name, item.metadata.name, { propagationPolicy: "Background" })
              .catch((failure: unknown) => {
                if (!isNotFound(failure)) failed(failure);
              });
          const left = await client
            .get<KubeObject>(collection, name, item.metadata.name)
            .catch(() => undefined);
          if (left) remaining.push({ collection, finalizers: left.metadata.finalizers ?? [] });
        }
      }
      if (remaining.length === 0 && failures.length === 0) return finalize(name);
      const before: Condition[] = namespace.status?.conditions ?? [];
      const conditions = terminationConditions(before, remaining, clock.now(), failures);
      if (JSON.stringify(conditions) !== JSON.stringify(before))
        await informers.namespaces.reached(
          await client.updateStatus<Namespace>(refs.namespaces, {
            ...namespace,
            status: { ...namespace.status, phase: "Terminating", conditions },
          }),
        );
      const look = looks.get(name) ?? 0;
      looks.set(name, look + 1);
      addAfter(Math.min(retryFirstMs * 2 ** Math.min(look, 10), retryMaxMs));
    },
  });

  async function listOf(collection: Collection, namespace: string): Promise<KubeObject[]> {
    try {
      return (await client.list<KubeObject>(collection, { namespace })).items;
    } catch (failure) {
      if (isNotFound(failure) || hasReason(failure, "MethodNotAllowed")) return [];
      throw failure;
    }
  }

  async function finalize(name: string): Promise<void> {
    try {
      await client.patch<Namespace>(
        refs.namespaces,
        undefined,
        name,
        "application/merge-patch+json",
        { spec: { finalizers: null } },
        { subresource: "finalize" },
      );
    } catch (failure) {
      if (!isNotFound(failure)) throw failure;
    }
  }
}
