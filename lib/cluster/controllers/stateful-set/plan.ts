import type { Pod, StatefulSet } from "@/lib/cluster/resources/types";
import { isAvailable, isReady } from "../pods";
import { ordinalOf, revisionOf } from "./identity";

type StatefulSetStatus = NonNullable<StatefulSet["status"]>;

export interface StatefulSetPlan {
  /** Ordinals to make a pod for, each with the name of its revision. */
  create: { ordinal: number; revision: string }[];
  delete: Pod[];
  /** Pods that are to go because the set shrank, the highest ordinal first. */
  condemned: Pod[];
}

export interface Revisions {
  current: string;
  update: string;
}

const isEnded = ({ status }: Pod) => status?.phase === "Failed" || status?.phase === "Succeeded";
const isTerminating = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;
const isRunningAndReady = (pod: Pod) => pod.status?.phase === "Running" && isReady(pod);

/**
 * The next step of a StatefulSet (kubernetes 1.34 pkg/controller/statefulset/stateful_set_control.go:
 * updateStatefulSet). With OrderedReady it is one pod at a time: up from the lowest ordinal, each available before the
 * next, down from the highest; updates go down too, as far as the partition.
 */
export function planStatefulSet(
  set: StatefulSet,
  revisions: Revisions,
  pods: Pod[],
  nowMs: number,
): StatefulSetPlan {
  const { spec } = set;
  const minReadySeconds = spec.minReadySeconds ?? 0;
  const count = spec.replicas ?? 1;
  const start = spec.ordinals?.start ?? 0;
  const inRange = (ordinal: number) => ordinal >= start && ordinal < start + count;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal >= 0 && !inRange(ordinal))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  const plan: StatefulSetPlan = { create: [], delete: [], condemned };
  if (set.metadata.deletionTimestamp) return plan;
  const isOrdered = spec.podManagementPolicy !== "Parallel";
  const isRolling = spec.updateStrategy?.type !== "OnDelete";
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const isHealthy = (pod: Pod) =>
    isRunningAndReady(pod) && isAvailable(pod, minReadySeconds, nowMs) && !isTerminating(pod);

  let isBlocked = false;
  for (let ordinal = start; ordinal < start + count; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) {
      const isOld = isRolling && ordinal < start + partition;
      plan.create.push({ ordinal, revision: isOld ? revisions.current : revisions.update });
      isBlocked = true;
    } else if (isEnded(pod)) {
      if (!isTerminating(pod)) plan.delete.push(pod);
      isBlocked = true;
    } else if (isOrdered && !isHealthy(pod)) isBlocked = true;
    if (isBlocked && isOrdered) return plan;
  }
  if (isBlocked) return plan;

  const all = [...Array(count).keys()].map((index) => byOrdinal.get(start + index)!);
  const firstUnhealthy = [...all, ...[...condemned].reverse()].find((pod) => !isHealthy(pod));
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (isOrdered) return plan;
      continue;
    }
    if (isOrdered && !isHealthy(pod) && pod !== firstUnhealthy) return plan;
    plan.delete.push(pod);
    if (isOrdered) return plan;
  }
  if (plan.delete.length > 0 || !isRolling) return plan;

  for (let index = count - 1; index >= partition; index--) {
    const pod = all[index]!;
    if (revisionOf(pod) !== revisions.update && !isTerminating(pod)) {
      plan.delete.push(pod);
      return plan;
    }
    if (!isHealthy(pod)) return plan;
  }
  return plan;
}

export function statefulSetStatus(
  set: StatefulSet,
  revisions: Revisions,
  pods: Pod[],
  nowMs: number,
): StatefulSetStatus {
  const own = pods.filter((pod) => ordinalOf(set, pod) >= 0);
  const ready = own.filter(isRunningAndReady);
  const available = ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)).length;
  const living = own.filter((pod) => !isTerminating(pod));
  const updated = living.filter((pod) => revisionOf(pod) === revisions.update).length;
  const wanted = set.spec.replicas ?? 1;
  const isComplete =
    set.spec.updateStrategy?.type !== "OnDelete" &&
    updated === wanted &&
    ready.length === wanted &&
    own.length === wanted;
  const currentRevision = isComplete ? revisions.update : revisions.current;
  const current = living.filter((pod) => revisionOf(pod) === currentRevision).length;
  return {
    observedGeneration: set.metadata.generation,
    replicas: own.length,
    ...(ready.length > 0 ? { readyReplicas: ready.length } : {}),
    availableReplicas: available,
    ...(current ? { currentReplicas: current } : {}),
    ...(updated ? { updatedReplicas: updated } : {}),
    currentRevision,
    updateRevision: revisions.update,
    collisionCount: set.status?.collisionCount ?? 0,
  };
}
