import { refs } from "@/lib/cluster/client/refs";
import { hasReason, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Condition, CustomResourceDefinition, Namespace } from "@/lib/cluster/resources/types";
import { runLoop, type ControllerContext, type Running } from "../controller";
import { collections, customCollection, definitionsRef, type Collection } from "../collections";
import { isTerminating } from "../service-account/service-account";
import { terminationConditions, type Remaining } from "./plan";

const retryMs = 1000;

/** Empties namespaces that are being deleted and lets them go (kubernetes 1.34 pkg/controller/namespace/deletion). */
export function runNamespaces(context: ControllerContext): Running {
  const { informers, client, clock } = context;

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
      informers.namespaces.onChange((now) => {
        if (now && isTerminating(now)) add(now.metadata.name);
      }),
    ],
    async reconcile(name, addAfter) {
      const namespace = informers.namespaces.get(undefined, name);
      if (!namespace || !isTerminating(namespace)) return;
      const remaining: Remaining[] = [];
      for (const collection of await namespaced()) {
        const { items } = await client
          .list<KubeObject>(collection, { namespace: name })
          .catch((failure: unknown) => {
            if (isNotFound(failure) || hasReason(failure, "MethodNotAllowed")) return { items: [] };
            throw failure;
          });
        for (const item of items) {
          if (!item.metadata.deletionTimestamp)
            await client
              .delete(collection, name, item.metadata.name, { propagationPolicy: "Background" })
              .catch((failure: unknown) => {
                if (!isNotFound(failure)) throw failure;
              });
          const left = await client
            .get<KubeObject>(collection, name, item.metadata.name)
            .catch(() => undefined);
          if (left) remaining.push({ collection, finalizers: left.metadata.finalizers ?? [] });
        }
      }
      if (remaining.length === 0) {
        await client
          .patch<Namespace>(
            refs.namespaces,
            undefined,
            name,
            "application/merge-patch+json",
            { spec: { finalizers: null } },
            { subresource: "finalize" },
          )
          .catch((failure: unknown) => {
            if (!isNotFound(failure)) throw failure;
          });
        return;
      }
      const before: Condition[] = namespace.status?.conditions ?? [];
      const conditions = terminationConditions(before, remaining, clock.now());
      if (JSON.stringify(conditions) !== JSON.stringify(before))
        await informers.namespaces.reached(
          await client.updateStatus<Namespace>(refs.namespaces, {
            ...namespace,
            status: { ...namespace.status, phase: "Terminating", conditions },
          }),
        );
      addAfter(retryMs);
    },
  });
}
