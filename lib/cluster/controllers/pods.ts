import { createHash } from "node:crypto";
import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { KubeObject, OwnerReference } from "@/lib/cluster/resources/kind";
import type { LabelSelector, Pod, PodTemplateSpec } from "@/lib/cluster/resources/types";

/** Shared by the controllers that own pods (kubernetes 1.34 pkg/api/v1/pod, pkg/controller/controller_utils.go). */

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

export function controllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid!,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Not finished and not being deleted. */
export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== "Succeeded" && phase !== "Failed" && !pod.metadata.deletionTimestamp;
}

export function isReady(pod: Pod): boolean {
  return readySinceMs(pod) !== undefined;
}

function readySinceMs(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" ? Date.parse(ready.lastTransitionTime ?? "") || 0 : undefined;
}

/** When a ready pod becomes available: after `minReadySeconds` of being ready. Undefined: it is not ready. */
export function availableAtMs(pod: Pod, minReadySeconds: number): number | undefined {
  const sinceMs = readySinceMs(pod);
  return sinceMs === undefined ? undefined : sinceMs + minReadySeconds * 1000;
}

export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const atMs = availableAtMs(pod, minReadySeconds);
  return atMs !== undefined && (minReadySeconds === 0 || atMs <= nowMs);
}

/** A pod of a template, named by the server from the owner's name. */
export function podOf(template: PodTemplateSpec, owner: KubeObject): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${owner.metadata.name}-`,
      name: "",
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata?.labels },
      ...(template.metadata?.annotations ? { annotations: { ...template.metadata.annotations } } : {}),
      ...(template.metadata?.finalizers ? { finalizers: [...template.metadata.finalizers] } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    spec: structuredClone(template.spec),
  };
}

export function matcher(selector: LabelSelector | undefined) {
  return selectorOf(selector);
}

/** Which pods go first when there are too many (controller.ActivePodsWithRanks): the least useful. */
export function byDeletionPriority(pods: Pod[]): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of pods)
    if (spec.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
  const phases = ["Pending", "Unknown", "Running"];
  const phaseRank = (pod: Pod) => phases.indexOf(pod.status?.phase ?? "Pending");
  const restarts = (pod: Pod) =>
    Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
  const cost = (pod: Pod) =>
    Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0);
  const ageRank = (pod: Pod) => -Date.parse(pod.metadata.creationTimestamp ?? "");
  return [...pods].sort(
    (a, b) =>
      Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
      phaseRank(a) - phaseRank(b) ||
      Number(isReady(a)) - Number(isReady(b)) ||
      cost(a) - cost(b) ||
      (perNode.get(b.spec.nodeName ?? "") ?? 0) - (perNode.get(a.spec.nodeName ?? "") ?? 0) ||
      restarts(b) - restarts(a) ||
      ageRank(a) - ageRank(b),
  );
}

/** The hash that tells templates apart: safe characters only, as upstream's pod-template-hash. */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  const digest = createHash("sha256")
    .update(canonical(template))
    .update(String(collisionCount || ""))
    .digest();
  const safe = "bcdfghjklmnpqrstvwxz2456789";
  return [...String(digest.readUInt32BE(0))].map((digit) => safe[digit.charCodeAt(0) % safe.length]).join("");
}

/** JSON with sorted keys: equal objects give equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    field !== null && typeof field === "object" && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

/** "25%" of `total` or a number, rounded as asked. */
export function scaled(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value ?? "")?.[1];
  if (percent === undefined) return 0;
  const share = (Number(percent) * total) / 100;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}
