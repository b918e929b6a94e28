import type { Condition, Deployment, ReplicaSet } from "@/lib/cluster/resources/types";
import { rfc3339 } from "../rfc3339";
import { limits, newReplicaSet, replicasOf } from "./plan";
import { progressCondition, type RolloutNews } from "./progress";

type DeploymentStatus = NonNullable<Deployment["status"]>;

/** What a Deployment reports of its ReplicaSets; `news`: what this look at it did beside. */
export function deploymentStatus(
  deployment: Deployment,
  sets: ReplicaSet[],
  nowMs: number,
  news: RolloutNews = {},
): DeploymentStatus {
  const { metadata, spec, status: before = {} } = deployment;
  const current = newReplicaSet(deployment, sets);
  const sum = (read: (set: ReplicaSet) => number | undefined) =>
    sets.reduce((total, set) => total + (read(set) ?? 0), 0);
  const replicas = sum((set) => set.status?.replicas);
  const ready = sum((set) => set.status?.readyReplicas);
  const available = sum((set) => set.status?.availableReplicas);
  const updated = current?.status?.replicas ?? 0;
  const unavailable = Math.max(0, sum(replicasOf) - available);
  const next: DeploymentStatus = {
    ...(metadata.generation ? { observedGeneration: metadata.generation } : {}),
    ...(replicas ? { replicas } : {}),
    ...(updated ? { updatedReplicas: updated } : {}),
    ...(ready ? { readyReplicas: ready } : {}),
    ...(available ? { availableReplicas: available } : {}),
    ...(unavailable ? { unavailableReplicas: unavailable } : {}),
    ...(before.collisionCount ? { collisionCount: before.collisionCount } : {}),
  };
  const conditions = before.conditions ?? [];
  const kept = (next: Condition): Condition => {
    const old = conditions.find(({ type }) => type === next.type);
    return old?.status === next.status && old.reason === next.reason
      ? old
      : { ...next, ...(old?.status === next.status ? { lastTransitionTime: old.lastTransitionTime } : {}) };
  };
  const isAvailable = available >= (spec.replicas ?? 1) - limits(deployment).unavailable;
  const availability = {
    type: "Available",
    ...(isAvailable ? enough : tooFew),
    lastUpdateTime: rfc3339(nowMs),
    lastTransitionTime: rfc3339(nowMs),
  };
  const progressing = progressCondition(deployment, next, current?.metadata.name, nowMs, news);
  const failure = replicaFailure([...(current ? [current] : []), ...sets]);
  return {
    ...next,
    conditions: [
      ...conditions.filter(({ type }) => !["Available", "Progressing", "ReplicaFailure"].includes(type)),
      kept(availability),
      ...(progressing ? [progressing] : []),
      ...(failure ? [kept(failure)] : []),
    ],
  };
}

const enough = {
  status: "True",
  reason: "MinimumReplicasAvailable",
  message: "Deployment has minimum availability.",
} as const;
const tooFew = {
  status: "False",
  reason: "MinimumReplicasUnavailable",
  message: "Deployment does not have minimum availability.",
} as const;

/** Why a ReplicaSet lacks pods; the first that says so speaks for all. */
function replicaFailure(sets: ReplicaSet[]): Condition | undefined {
  const found = sets
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (!found) return undefined;
  const { type, status, reason, message, lastTransitionTime } = found;
  return { type, status, reason, message, lastUpdateTime: lastTransitionTime, lastTransitionTime };
}
