import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod, PodDisruptionBudget } from "@/lib/cluster/resources/types";
import { collectionOf } from "../collections";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { canonical, controllerOf, matcher } from "../pods";
import { failedStatus, needsScale, planBudget } from "./plan";

/** Keeps the status of PodDisruptionBudgets, which evictions (kubectl drain) are granted by. */
export function runDisruption(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "controllermanager");

  /** Pods that the controllers of `pods` want together; throws in upstream's words when one has no scale. */
  async function expectedScale(pods: Pod[]): Promise<number> {
    const scales = new Map<string, number>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (!owner || scales.has(owner.uid)) continue;
      const { namespace } = pod.metadata;
      const set = owner.kind === "ReplicaSet" ? informers.replicaSets.get(namespace, owner.name) : undefined;
      const above = set && controllerOf(set);
      if (above?.kind === "Deployment") {
        const deployment = informers.deployments.get(namespace, above.name);
        if (deployment) scales.set(above.uid, deployment.spec.replicas ?? 1);
        continue;
      }
      const collection = collectionOf(owner.apiVersion, owner.kind);
      if (!collection) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
      const live = await client.get<KubeObject & { spec?: { replicas?: number } }>(
        collection,
        namespace,
        owner.name,
      );
      if (!("replicas" in (live.spec ?? {})))
        throw new Error(
          `${collection.plural}${collection.group ? `.${collection.group}` : ""} does not implement the scale subresource`,
        );
      scales.set(owner.uid, live.spec?.replicas ?? 1);
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  }

  return runLoop(context, {
    name: "disruption",
    initial: () => informers.podDisruptionBudgets.list().map(keyOf),
    watch: (add) => {
      const addFor = (pod: Pod | undefined) => {
        if (!pod) return;
        for (const budget of informers.podDisruptionBudgets.list(pod.metadata.namespace))
          if (budget.spec?.selector && matcher(budget.spec.selector)(pod.metadata.labels)) add(keyOf(budget));
      };
      const addNamespace = (namespace: string | undefined) => {
        for (const budget of informers.podDisruptionBudgets.list(namespace)) add(keyOf(budget));
      };
      return [
        informers.podDisruptionBudgets.onChange((now) => now && add(keyOf(now))),
        informers.pods.onChange((now, old) => {
          addFor(now);
          if (canonical(now?.metadata.labels ?? {}) !== canonical(old?.metadata.labels ?? {})) addFor(old);
        }),
        informers.deployments.onChange((now, old) => {
          if (now?.spec.replicas !== old?.spec.replicas) addNamespace((now ?? old)!.metadata.namespace);
        }),
        informers.statefulSets.onChange((now, old) => {
          if (now?.spec.replicas !== old?.spec.replicas) addNamespace((now ?? old)!.metadata.namespace);
        }),
      ];
    },
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const budget = informers.podDisruptionBudgets.get(namespace, name);
      if (!budget) return;
      // No selector selects nothing, an empty one everything.
      const matches = budget.spec?.selector ? matcher(budget.spec.selector) : () => false;
      const pods = informers.pods.list(namespace).filter(({ metadata }) => matches(metadata.labels));
      if (pods.length === 0) recorder.event(budget, "Normal", "NoPods", "No matching pods found");
      let status: NonNullable<PodDisruptionBudget["status"]>;
      try {
        const expected = needsScale(budget) ? await expectedScale(pods) : pods.length;
        const plan = planBudget(budget, pods, expected, clock.now());
        if (plan.againMs !== undefined) addAfter(plan.againMs);
        status = plan.status;
      } catch (failure) {
        const { message } = failure as Error;
        recorder.event(
          budget,
          "Warning",
          "CalculateExpectedPodCountFailed",
          `Failed to calculate the number of expected pods: ${message}`,
        );
        status = failedStatus(budget, message, clock.now());
      }
      if (canonical(status) === canonical(budget.status ?? {})) return;
      // The version guards what an eviction wrote meanwhile: a conflict is read and counted anew.
      const written = await client.updateStatus<PodDisruptionBudget>(refs.podDisruptionBudgets, {
        ...budget,
        status,
      });
      await informers.podDisruptionBudgets.reached(written);
    },
  });
}
