import type { ResourceRef } from "@/lib/cluster/client/client";
import type { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod, ReplicaSet, ReplicationController } from "@/lib/cluster/resources/types";
import { claimPods } from "../claim";
import {
  isNamespaceEnding,
  keyOf,
  recorderFor,
  runLoop,
  splitKey,
  type ControllerContext,
  type Running,
} from "../controller";
import { deleteOwnedPods } from "../delete-owned-pods";
import { availableAtMs, canonical, controllerOf, isControlledBy, matcher, podOf } from "../pods";
import { slowStart } from "../slow-start";
import { planReplicas, replicaSetStatus } from "./plan";

interface Replicated<T extends KubeObject> {
  kind: string;
  resource: ResourceRef;
  informer: Informer<T>;
  component: string;
  /** The object as a ReplicaSet, which the plans speak of. */
  asSet(object: T): ReplicaSet;
}

export function runReplicaSets(context: ControllerContext): Running {
  return runReplicas<ReplicaSet>(context, {
    kind: "ReplicaSet",
    resource: refs.replicaSets,
    informer: context.informers.replicaSets,
    component: "replicaset-controller",
    asSet: (set) => set,
  });
}

/** A ReplicationController is a ReplicaSet with a plain selector (kubernetes 1.34 pkg/controller/replication). */
export function runReplicationControllers(context: ControllerContext): Running {
  return runReplicas<ReplicationController>(context, {
    kind: "ReplicationController",
    resource: refs.replicationControllers,
    informer: context.informers.replicationControllers,
    component: "replication-controller",
    asSet: (object) => ({
      ...object,
      spec: { ...object.spec, selector: { matchLabels: object.spec?.selector } },
    }),
  });
}

function runReplicas<T extends KubeObject>(
  context: ControllerContext,
  { kind, resource, informer, component, asSet }: Replicated<T>,
): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, component);

  return runLoop(context, {
    name: resource.plural,
    initial: () => informer.list().map(keyOf),
    watch: (add) => [
      informer.onChange((now) => now && add(keyOf(now))),
      informers.pods.onChange((now, old) => {
        const pod = now ?? old!;
        const owner = controllerOf(pod);
        if (owner?.kind === kind) add(`${pod.metadata.namespace}/${owner.name}`);
        else if (now && !owner)
          for (const set of informer.list(pod.metadata.namespace).map(asSet))
            if (matcher(set.spec.selector)(pod.metadata.labels)) add(keyOf(set));
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const object = informer.get(namespace, name);
      if (!object) return;
      const set = asSet(object);
      let pods = await claimPods(context, set, resource, set.spec.selector);
      const plan = planReplicas(set, pods);
      if (isNamespaceEnding(context, namespace)) plan.create = 0;
      const { made, failures } = await slowStart(plan.create, async () => {
        const pod = await client.create<Pod>(refs.pods, podOf(set.spec.template!, set));
        recorder.event(set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
        return pod;
      });
      for (const pod of made) await informers.pods.reached(pod);
      for (const { message } of failures)
        recorder.event(set, "Warning", "FailedCreate", `Error creating: ${message}`);
      const [failure] = failures;
      await deleteOwnedPods(context, recorder, set, plan.delete);
      pods = informers.pods.list(namespace).filter((pod) => isControlledBy(pod, set));
      const failed = failure && ({ reason: "FailedCreate", message: failure.message } as const);
      const status = replicaSetStatus(set, pods, failed, clock.now());
      if (canonical(status) !== canonical(set.status ?? {})) {
        const written = await client
          .updateStatus<T>(resource, { ...object, status })
          .catch((error: unknown) => {
            if (isNotFound(error)) return undefined;
            throw error;
          });
        if (written) await informer.reached(written);
      }
      const minReadySeconds = set.spec.minReadySeconds ?? 0;
      if (minReadySeconds > 0)
        for (const pod of pods) {
          const atMs = availableAtMs(pod, minReadySeconds);
          if (atMs !== undefined && atMs > clock.now()) addAfter(atMs - clock.now() + 1);
        }
      if (failure) throw failure;
    },
  });
}
