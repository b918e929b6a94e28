import type { Condition, Deployment, ReplicaSet } from "@/lib/cluster/resources/types";
import { canonical, controllerRef, scaled, templateHash } from "../pods";

/** kubernetes 1.34 pkg/controller/deployment: what one look at a Deployment and its ReplicaSets asks to write. */

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
const maxAnnotation = "deployment.kubernetes.io/max-replicas";
const hashLabel = "pod-template-hash";

export type DeploymentWrite =
  | { kind: "create"; set: ReplicaSet }
  | { kind: "scale"; set: ReplicaSet; replicas: number }
  | { kind: "annotate"; set: ReplicaSet; annotations: Record<string, string> }
  | { kind: "delete"; set: ReplicaSet };

const replicasOf = (set: ReplicaSet) => set.spec.replicas ?? 1;
const createdMs = (set: ReplicaSet) => Date.parse(set.metadata.creationTimestamp ?? "") || 0;
const revisionOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);

/** The ReplicaSet of the present template: the oldest one that equals it but for the hash. */
export function newReplicaSet(deployment: Deployment, sets: ReplicaSet[]): ReplicaSet | undefined {
  const wanted = templateText(deployment.spec.template);
  return [...sets]
    .sort((a, b) => createdMs(a) - createdMs(b))
    .find((set) => set.spec.template && templateText(set.spec.template) === wanted);
}

function templateText(template: Deployment["spec"]["template"]): string {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return canonical({ ...template, metadata: { ...template.metadata, labels } });
}

/** `hasPods`: whether a set still has pods that have not ended, those on their way out included. */
export function planDeployment(
  deployment: Deployment,
  sets: ReplicaSet[],
  hasPods: (set: ReplicaSet) => boolean = ({ status }) => (status?.replicas ?? 0) > 0,
): DeploymentWrite[] {
  if (deployment.metadata.deletionTimestamp) return [];
  const current = newReplicaSet(deployment, sets);
  const old = sets.filter((set) => set !== current);
  const annotated = annotationWrites(deployment, current, old);
  if (deployment.spec.paused || isScalingEvent(deployment, sets))
    return [...annotated, ...scaleAll(deployment, current, old)];
  const isRecreate = deployment.spec.strategy?.type === "Recreate";
  const writes = isRecreate ? recreate(deployment, current, old, hasPods) : roll(deployment, current, old);
  return [...annotated, ...writes, ...cleanUp(deployment, old, writes)];
}

/** The number of pods that a rolling update may have at most, and must have available at least. */
export function limits(deployment: Deployment): { surge: number; unavailable: number; max: number } {
  const desired = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === "Recreate") return { surge: 0, unavailable: desired, max: desired };
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const surge = scaled(rolling?.maxSurge ?? "25%", desired, true);
  let unavailable = scaled(rolling?.maxUnavailable ?? "25%", desired, false);
  if (surge === 0 && unavailable === 0) unavailable = 1;
  return { surge, unavailable: Math.min(unavailable, desired), max: desired + surge };
}

function nextRevision(old: ReplicaSet[]): string {
  return String(Math.max(0, ...old.map(revisionOf)) + 1);
}

function makeSet(deployment: Deployment, old: ReplicaSet[], replicas: number): ReplicaSet {
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const labels = { ...deployment.spec.template.metadata?.labels, [hashLabel]: hash };
  const { [hashLabel]: _, ...selectorLabels } = deployment.spec.selector.matchLabels ?? {};
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        ...sizeAnnotations(deployment),
        [revisionAnnotation]: nextRevision(old),
      },
      ownerReferences: [controllerRef(deployment)],
    },
    spec: {
      replicas,
      ...(deployment.spec.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...deployment.spec.selector, matchLabels: { ...selectorLabels, [hashLabel]: hash } },
      template: {
        ...structuredClone(deployment.spec.template),
        metadata: { ...structuredClone(deployment.spec.template.metadata), labels },
      },
    },
  };
}

const ownAnnotations = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

/** What a set takes over from its Deployment, kubernetes.io/change-cause above all. */
function inheritedAnnotations(deployment: Deployment): Record<string, string> {
  const all = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(all.filter(([key]) => !ownAnnotations.has(key)));
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return {
    [desiredAnnotation]: String(deployment.spec.replicas ?? 1),
    [maxAnnotation]: String(limits(deployment).max),
  };
}

/** A rolled-back set gets the newest revision; all keep what they were sized for. */
function annotationWrites(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: ReplicaSet[],
): DeploymentWrite[] {
  if (!current) return [];
  const highest = Math.max(0, ...old.map(revisionOf));
  const inherited = inheritedAnnotations(deployment);
  if (revisionOf(current) > highest) {
    const isCurrent = Object.entries(inherited).every(
      ([key, value]) => current.metadata.annotations?.[key] === value,
    );
    return isCurrent ? [] : [{ kind: "annotate", set: current, annotations: inherited }];
  }
  const past = current.metadata.annotations?.[historyAnnotation];
  const before = current.metadata.annotations?.[revisionAnnotation];
  return [
    {
      kind: "annotate",
      set: current,
      annotations: {
        [revisionAnnotation]: String(highest + 1),
        ...(before ? { [historyAnnotation]: past ? `${past},${before}` : before } : {}),
        ...inherited,
      },
    },
  ];
}

/** The Deployment was resized while it has several sets: they keep their proportions. */
function isScalingEvent(deployment: Deployment, sets: ReplicaSet[]): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[desiredAnnotation];
    return (
      replicasOf(set) > 0 && desired !== undefined && Number(desired) !== (deployment.spec.replicas ?? 1)
    );
  });
}

function scaleAll(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: ReplicaSet[],
): DeploymentWrite[] {
  const desired = deployment.spec.replicas ?? 1;
  const all = [...(current ? [current] : []), ...old];
  const active = all.filter((set) => replicasOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current;
    if (!only) return [];
    return replicasOf(only) === desired && hasSize(deployment, only)
      ? []
      : [{ kind: "scale", set: only, replicas: desired }];
  }
  const total = active.reduce((sum, set) => sum + replicasOf(set), 0);
  const { max } = limits(deployment);
  const allowed = desired > 0 ? max : 0;
  let left = allowed - total;
  const bySize = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || createdMs(b) - createdMs(a));
  const writes: DeploymentWrite[] = [];
  for (const set of bySize) {
    const before = Number(set.metadata.annotations?.[maxAnnotation] ?? total) || total;
    let change = left === 0 ? 0 : Math.round((replicasOf(set) * allowed) / before) - replicasOf(set);
    change = left > 0 ? Math.min(Math.max(change, 0), left) : Math.max(Math.min(change, 0), left);
    left -= change;
    writes.push({ kind: "scale", set, replicas: Math.max(0, replicasOf(set) + change) });
  }
  const first = writes[0];
  if (left !== 0 && first?.kind === "scale") first.replicas = Math.max(0, first.replicas + left);
  return writes.filter(
    (write) =>
      write.kind !== "scale" || write.replicas !== replicasOf(write.set) || !hasSize(deployment, write.set),
  );
}

function hasSize(deployment: Deployment, set: ReplicaSet): boolean {
  return Object.entries(sizeAnnotations(deployment)).every(
    ([key, value]) => set.metadata.annotations?.[key] === value,
  );
}

function roll(deployment: Deployment, current: ReplicaSet | undefined, old: ReplicaSet[]): DeploymentWrite[] {
  const desired = deployment.spec.replicas ?? 1;
  const { max, unavailable } = limits(deployment);
  const oldTotal = old.reduce((sum, set) => sum + replicasOf(set), 0);
  if (!current)
    return [
      { kind: "create", set: makeSet(deployment, old, Math.min(desired, Math.max(0, max - oldTotal))) },
    ];
  const writes: DeploymentWrite[] = [];
  let target = replicasOf(current);
  if (target > desired) target = desired;
  else if (target < desired) target += Math.min(desired - target, Math.max(0, max - oldTotal - target));
  if (target !== replicasOf(current)) return [{ kind: "scale", set: current, replicas: target }];
  if (!hasSize(deployment, current))
    writes.push({ kind: "annotate", set: current, annotations: sizeAnnotations(deployment) });
  if (oldTotal === 0) return writes;

  // Old sets: first pods that are not healthy, then as many as availability allows.
  const minAvailable = desired - unavailable;
  const newUnavailable = target - (current.status?.availableReplicas ?? 0);
  let spare = oldTotal + target - minAvailable - newUnavailable;
  if (spare <= 0) return writes;
  const byAge = [...old].sort((a, b) => createdMs(a) - createdMs(b));
  const sizes = new Map(byAge.map((set) => [set, replicasOf(set)]));
  for (const set of byAge) {
    const unhealthy = replicasOf(set) - (set.status?.availableReplicas ?? 0);
    const cut = Math.min(spare, Math.max(0, unhealthy));
    sizes.set(set, replicasOf(set) - cut);
    spare -= cut;
  }
  const available = [...old, current].reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
  let removable = Math.max(0, available - minAvailable);
  for (const set of byAge) {
    const cut = Math.min(removable, sizes.get(set)!);
    sizes.set(set, sizes.get(set)! - cut);
    removable -= cut;
  }
  for (const [set, replicas] of sizes)
    if (replicas !== replicasOf(set)) writes.push({ kind: "scale", set, replicas });
  return writes;
}

function recreate(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: ReplicaSet[],
  hasPods: (set: ReplicaSet) => boolean,
): DeploymentWrite[] {
  const running = old.filter((set) => replicasOf(set) > 0);
  if (running.length > 0) return running.map((set) => ({ kind: "scale", set, replicas: 0 }));
  if (old.some(hasPods)) return [];
  const desired = deployment.spec.replicas ?? 1;
  if (!current) return [{ kind: "create", set: makeSet(deployment, old, desired) }];
  return replicasOf(current) === desired && hasSize(deployment, current)
    ? []
    : [{ kind: "scale", set: current, replicas: desired }];
}

/** Empty old sets past the history limit go, oldest revision first, once the rollout is complete. */
function cleanUp(deployment: Deployment, old: ReplicaSet[], writes: DeploymentWrite[]): DeploymentWrite[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  if (writes.length > 0) return [];
  const removable = old
    .filter((set) => replicasOf(set) === 0 && !set.status?.replicas && !set.metadata.deletionTimestamp)
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  return removable.slice(0, Math.max(0, old.length - limit)).map((set) => ({ kind: "delete", set }));
}

export function scaledAnnotations(deployment: Deployment, set: ReplicaSet): Record<string, string> {
  return { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
}

export function deploymentStatus(
  deployment: Deployment,
  sets: ReplicaSet[],
  nowMs: number,
): NonNullable<Deployment["status"]> {
  const desired = deployment.spec.replicas ?? 1;
  const current = newReplicaSet(deployment, sets);
  const sum = (read: (set: ReplicaSet) => number | undefined) =>
    sets.reduce((total, set) => total + (read(set) ?? 0), 0);
  const replicas = sum((set) => set.status?.replicas);
  const ready = sum((set) => set.status?.readyReplicas);
  const available = sum((set) => set.status?.availableReplicas);
  const updated = current?.status?.replicas ?? 0;
  const unavailable = Math.max(0, sum(replicasOf) - available);
  const isComplete =
    updated === desired && replicas === desired && available === desired && current !== undefined;
  const stamp = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const before = deployment.status?.conditions ?? [];
  const set = (next: Condition): Condition => {
    const old = before.find(({ type }) => type === next.type);
    if (old && old.status === next.status && old.reason === next.reason && old.message === next.message)
      return old;
    return {
      ...next,
      lastUpdateTime: stamp,
      lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : stamp,
    };
  };
  const isAvailable = available >= desired - limits(deployment).unavailable;
  const conditions = before.filter(
    ({ type }) => type !== "Available" && type !== "Progressing" && type !== "ReplicaFailure",
  );
  const progressing = progressCondition(
    deployment,
    current,
    { isComplete, updated, replicas, available, ready },
    nowMs,
  );
  const failure = sets
    .flatMap((one) => one.status?.conditions ?? [])
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  return {
    ...(deployment.metadata.generation ? { observedGeneration: deployment.metadata.generation } : {}),
    ...(replicas ? { replicas } : {}),
    ...(updated ? { updatedReplicas: updated } : {}),
    ...(ready ? { readyReplicas: ready } : {}),
    ...(available ? { availableReplicas: available } : {}),
    ...(unavailable ? { unavailableReplicas: unavailable } : {}),
    ...(deployment.status?.collisionCount ? { collisionCount: deployment.status.collisionCount } : {}),
    conditions: [
      ...conditions,
      set(
        isAvailable
          ? {
              type: "Available",
              status: "True",
              reason: "MinimumReplicasAvailable",
              message: "Deployment has minimum availability.",
            }
          : {
              type: "Available",
              status: "False",
              reason: "MinimumReplicasUnavailable",
              message: "Deployment does not have minimum availability.",
            },
      ),
      ...(progressing ? [set(progressing)] : []),
      ...(failure
        ? [set({ type: "ReplicaFailure", status: "True", reason: failure.reason, message: failure.message })]
        : []),
    ],
  };
}

function progressCondition(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  counts: { isComplete: boolean; updated: number; replicas: number; available: number; ready: number },
  nowMs: number,
): Condition | undefined {
  const deadlineSeconds = deployment.spec.progressDeadlineSeconds ?? 600;
  const old = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  const name = current?.metadata.name;
  if (deployment.spec.paused)
    return old?.reason === "DeploymentPaused"
      ? old
      : {
          type: "Progressing",
          status: "Unknown",
          reason: "DeploymentPaused",
          message: "Deployment is paused",
        };
  if (counts.isComplete)
    return {
      type: "Progressing",
      status: "True",
      reason: "NewReplicaSetAvailable",
      message: `ReplicaSet "${name}" has successfully progressed.`,
    };
  const before = deployment.status ?? {};
  const hasProgressed =
    counts.updated > (before.updatedReplicas ?? 0) ||
    counts.replicas - counts.updated < (before.replicas ?? 0) - (before.updatedReplicas ?? 0) ||
    counts.ready > (before.readyReplicas ?? 0) ||
    counts.available > (before.availableReplicas ?? 0);
  const sinceMs = nowMs - (Date.parse(old?.lastUpdateTime ?? "") || nowMs);
  const isNewSet = name !== undefined && !old?.message?.includes(`"${name}"`);
  if (
    !hasProgressed &&
    !isNewSet &&
    sinceMs > deadlineSeconds * 1000 &&
    old?.reason !== "NewReplicaSetAvailable"
  )
    return {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: `ReplicaSet "${name}" has timed out progressing.`,
    };
  if (!name) return old;
  if (!hasProgressed && !isNewSet && old?.reason !== "NewReplicaSetAvailable" && old) return old;
  return {
    type: "Progressing",
    status: "True",
    reason: "ReplicaSetUpdated",
    message: `ReplicaSet "${name}" is progressing.`,
  };
}
