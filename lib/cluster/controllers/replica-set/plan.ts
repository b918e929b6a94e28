import type { Condition, Pod, ReplicaSet } from "@/lib/cluster/resources/types";
import { byDeletionPriority, isActive, isAvailable, isReady, matcher } from "../pods";

export interface ReplicaSetPlan {
  create: number;
  delete: Pod[];
}

const burst = 500;

/** How many pods to make, or which to delete (kubernetes 1.34 pkg/controller/replicaset: manageReplicas). */
export function planReplicas(set: ReplicaSet, pods: Pod[]): ReplicaSetPlan {
  if (set.metadata.deletionTimestamp) return { create: 0, delete: [] };
  const active = pods.filter(isActive);
  const difference = (set.spec.replicas ?? 1) - active.length;
  if (difference >= 0) return { create: Math.min(difference, burst), delete: [] };
  return { create: 0, delete: byDeletionPriority(active).slice(0, Math.min(-difference, burst)) };
}

export function replicaSetStatus(
  set: ReplicaSet,
  pods: Pod[],
  failure: { reason: "FailedCreate" | "FailedDelete"; message: string } | undefined,
  nowMs: number,
): NonNullable<ReplicaSet["status"]> {
  const active = pods.filter(isActive);
  const isFullyLabeled = matcher({ matchLabels: set.spec.template?.metadata?.labels ?? {} });
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const old = set.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  const others = (set.status?.conditions ?? []).filter(({ type }) => type !== "ReplicaFailure");
  const conditions: Condition[] = failure
    ? [
        ...others,
        old ?? {
          type: "ReplicaFailure",
          status: "True",
          reason: failure.reason,
          message: failure.message,
          lastTransitionTime: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
        },
      ]
    : others;
  const ready = active.filter(isReady).length;
  const available = active.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length;
  const labeled = active.filter((pod) => isFullyLabeled(pod.metadata.labels)).length;
  return {
    replicas: active.length,
    ...(labeled ? { fullyLabeledReplicas: labeled } : {}),
    ...(ready ? { readyReplicas: ready } : {}),
    ...(available ? { availableReplicas: available } : {}),
    observedGeneration: set.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}
