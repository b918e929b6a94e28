import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { Deployment, ReplicaSet } from "@/lib/cluster/resources/types";
import { claimReplicaSets } from "../claim";
import {
  isNamespaceEnding,
  keyOf,
  recorderFor,
  runLoop,
  splitKey,
  type ControllerContext,
  type Running,
} from "../controller";
import { canonical, controllerOf, isControlledBy, matcher } from "../pods";
import {
  newReplicaSet,
  planDeployment,
  revisionAnnotation,
  sizeAnnotations,
  type DeploymentWrite,
} from "./plan";
import { deadlineCheckMs, type RolloutNews } from "./progress";
import { deploymentStatus } from "./status";

export function runDeployments(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "deployment-controller");

  async function write(deployment: Deployment, change: DeploymentWrite): Promise<RolloutNews | void> {
    const { set } = change;
    const { namespace, name } = set.metadata;
    const merge = async (patch: object) => {
      const written = await client.patch<ReplicaSet>(
        refs.replicaSets,
        namespace,
        name,
        "application/merge-patch+json",
        patch,
      );
      await informers.replicaSets.reached(written);
    };
    switch (change.kind) {
      case "create": {
        const replicas = set.spec.replicas ?? 0;
        try {
          await informers.replicaSets.reached(await client.create<ReplicaSet>(refs.replicaSets, set));
        } catch (failure) {
          if (!isAlreadyExists(failure)) {
            const why = failure instanceof Error ? failure.message : String(failure);
            const message = `Failed to create new replica set "${name}": ${why}`;
            recorder.event(deployment, "Warning", "ReplicaSetCreateError", message);
            return { createFailure: { message, cause: failure } };
          }
          const other = informers.replicaSets.get(namespace, name);
          if (!other || isControlledBy(other, deployment)) return;
          // Another template has the same hash: the next try hashes with a salt.
          await client.updateStatus<Deployment>(refs.deployments, {
            ...deployment,
            status: {
              ...deployment.status,
              collisionCount: (deployment.status?.collisionCount ?? 0) + 1,
            },
          });
          return;
        }
        if (replicas > 0) saysScaled(deployment, set, 0, replicas);
        return { created: name };
      }
      case "scale":
        await merge({
          metadata: { annotations: sizeAnnotations(deployment) },
          spec: { replicas: change.replicas },
        });
        if (change.replicas !== (set.spec.replicas ?? 1))
          saysScaled(deployment, set, set.spec.replicas ?? 1, change.replicas);
        return;
      case "annotate":
        return merge({
          metadata: { annotations: change.annotations },
          ...(change.minReadySeconds === undefined
            ? {}
            : { spec: { minReadySeconds: change.minReadySeconds } }),
        });
      case "delete":
        try {
          await client.delete(refs.replicaSets, namespace, name);
        } catch (failure) {
          if (!isNotFound(failure)) throw failure;
        }
    }
  }

  function saysScaled(deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
    recorder.event(
      deployment,
      "Normal",
      "ScalingReplicaSet",
      `Scaled ${to > from ? "up" : "down"} replica set ${set.metadata.name} from ${from} to ${to}`,
    );
  }

  return runLoop(context, {
    name: "deployments",
    initial: () => informers.deployments.list().map(keyOf),
    watch: (add) => [
      informers.deployments.onChange((now) => now && add(keyOf(now))),
      informers.replicaSets.onChange((now, old) => {
        const set = now ?? old!;
        const owner = controllerOf(set);
        if (owner?.kind === "Deployment") add(`${set.metadata.namespace}/${owner.name}`);
        else if (now && !owner)
          for (const deployment of informers.deployments.list(set.metadata.namespace))
            if (matcher(deployment.spec.selector)(set.metadata.labels)) add(keyOf(deployment));
      }),
      // Recreate goes on when the last old pod is gone.
      informers.pods.onChange((now, old) => {
        const owner = !now && old && controllerOf(old);
        if (!owner || owner.kind !== "ReplicaSet") return;
        const set = informers.replicaSets.get(old.metadata.namespace, owner.name);
        const above = set && controllerOf(set);
        if (above?.kind === "Deployment") add(`${old.metadata.namespace}/${above.name}`);
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const deployment = informers.deployments.get(namespace, name);
      if (!deployment) return;
      const sets = () =>
        informers.replicaSets.list(namespace).filter((set) => isControlledBy(set, deployment));
      const claimed = await claimReplicaSets(context, deployment, deployment.spec.selector);
      const pods = informers.pods.list(namespace);
      const hasPods = (set: ReplicaSet) =>
        pods.some(
          (pod) =>
            isControlledBy(pod, set) && pod.status?.phase !== "Failed" && pod.status?.phase !== "Succeeded",
        );
      let news: RolloutNews = {};
      for (const change of planDeployment(deployment, claimed, hasPods)) {
        if (change.kind === "create" && isNamespaceEnding(context, namespace)) continue;
        news = { ...news, ...(await write(deployment, change)) };
      }
      const revision = newReplicaSet(deployment, sets())?.metadata.annotations?.[revisionAnnotation];
      let latest = deployment;
      if (revision && deployment.metadata.annotations?.[revisionAnnotation] !== revision) {
        latest = await client.patch<Deployment>(
          refs.deployments,
          namespace,
          name,
          "application/merge-patch+json",
          { metadata: { annotations: { [revisionAnnotation]: revision } } },
        );
      }
      const status = deploymentStatus(deployment, sets(), clock.now(), news);
      if (canonical(status) !== canonical(deployment.status ?? {}))
        latest = await client.updateStatus<Deployment>(refs.deployments, { ...latest, status });
      if (latest !== deployment) await informers.deployments.reached(latest);
      // It is said on the object; the queue tries again, later and later.
      if (news.createFailure) throw news.createFailure.cause;
      const checkMs = deadlineCheckMs(deployment, status, clock.now());
      if (checkMs !== undefined) addAfter(checkMs);
    },
  });
}
