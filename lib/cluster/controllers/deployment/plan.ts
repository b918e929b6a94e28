import type { Deployment, ReplicaSet } from "@/lib/cluster/resources/types";
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
  | { kind: "annotate"; set: ReplicaSet; annotations: Record<string, string>; minReadySeconds?: number }
  | { kind: "delete"; set: ReplicaSet };

export const replicasOf = (set: ReplicaSet) => set.spec.replicas ?? 1;
const createdMs = (set: ReplicaSet) => Date.parse(set.metadata.creationTimestamp ?? "") || 0;
const revisionOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);

/** The ReplicaSet of the present template: the oldest one that equals it but for the hash. */
export function newReplicaSet(deployment: Deployment, sets: ReplicaSet[]): ReplicaSet | undefined {
  const wanted = templateText(deployment.spec.template);
  return [...sets]
    .sort((a, b) => createdMs(a) - createdMs(b))
    .find((set) => set.spec.template && templateText(set.spec.template) === wanted);
}

/** Objects of the caches never change: each look at a Deployment compares the same templates. */
const templateTexts = new WeakMap<object, string>();

function templateText(template: Deployment["spec"]["template"]): string {
  const known = templateTexts.get(template);
  if (known !== undefined) return known;
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  const text = canonical({ ...template, metadata: { ...template.metadata, labels } });
  templateTexts.set(template, text);
  return text;
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
  if (deployment.spec.paused)
    return [...annotated, ...scaleAll(deployment, current, old), ...cleanUp(deployment, old)];
  if (isScalingEvent(deployment, sets)) return [...annotated, ...scaleAll(deployment, current, old)];
  const isRecreate = deployment.spec.strategy?.type === "Recreate";
  const writes = isRecreate ? recreate(deployment, current, old, hasPods) : roll(deployment, current, old);
  const isSettled = writes.length === 0 && isComplete(deployment, deployment.status);
  return [...annotated, ...writes, ...(isSettled ? cleanUp(deployment, old) : [])];
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

/** What a set was sized for: a resize of the Deployment is seen by it. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return {
    [desiredAnnotation]: String(deployment.spec.replicas ?? 1),
    [maxAnnotation]: String(limits(deployment).max),
  };
}

/** A rolled-back set gets the newest revision; minReadySeconds, which is no part of the template, follows too. */
function annotationWrites(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: ReplicaSet[],
): DeploymentWrite[] {
  if (!current) return [];
  const { [revisionAnnotation]: before, [historyAnnotation]: past } = current.metadata.annotations ?? {};
  const highest = Math.max(0, ...old.map(revisionOf));
  const annotations = {
    ...(revisionOf(current) > highest
      ? {}
      : {
          [revisionAnnotation]: String(highest + 1),
          ...(before ? { [historyAnnotation]: past ? `${past},${before}` : before } : {}),
        }),
    ...inheritedAnnotations(deployment),
  };
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const isDelayed = (current.spec.minReadySeconds ?? 0) !== minReadySeconds;
  const isCurrent = Object.entries(annotations).every(
    ([key, value]) => current.metadata.annotations?.[key] === value,
  );
  return isCurrent && !isDelayed
    ? []
    : [{ kind: "annotate", set: current, annotations, ...(isDelayed ? { minReadySeconds } : {}) }];
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
    const only = active[0] ?? current ?? [...old].sort((a, b) => createdMs(b) - createdMs(a))[0];
    if (!only) return [];
    return replicasOf(only) === desired && hasSize(deployment, only)
      ? []
      : [{ kind: "scale", set: only, replicas: desired }];
  }
  // Sets that were taken over while the present one has all pods are of no use.
  if (
    current &&
    replicasOf(current) === desired &&
    current.status?.availableReplicas === desired &&
    current.metadata.annotations?.[desiredAnnotation] === String(desired)
  )
    return active.filter((set) => set !== current).map((set) => ({ kind: "scale", set, replicas: 0 }));
  const total = active.reduce((sum, set) => sum + replicasOf(set), 0);
  const { max } = limits(deployment);
  const allowed = desired > 0 ? max : 0;
  let left = allowed - total;
  const age = left > 0 ? 1 : -1; // the newer of equal sets grows first, the older shrinks first
  const bySize = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || age * (createdMs(b) - createdMs(a)),
  );
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

/** Whether a status tells that the rollout is done: all pods are new and available. */
export function isComplete({ spec, metadata }: Deployment, status: Deployment["status"]): boolean {
  const desired = spec.replicas ?? 1;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {};
  return (
    [replicas, updatedReplicas, availableReplicas].every((count) => count === desired) &&
    observedGeneration >= (metadata.generation ?? 0)
  );
}

/** Of the old sets past the history limit the empty ones, oldest revision first. */
function cleanUp(deployment: Deployment, old: ReplicaSet[]): DeploymentWrite[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const kept = old.filter(({ metadata }) => !metadata.deletionTimestamp);
  return kept
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, kept.length - limit))
    .filter(
      (set) =>
        replicasOf(set) === 0 &&
        !set.status?.replicas &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    )
    .map((set) => ({ kind: "delete", set }));
}
