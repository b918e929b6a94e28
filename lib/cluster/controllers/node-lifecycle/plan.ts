import type { Condition, Lease, Node, Taint } from "@/lib/cluster/resources/types";

export const leaseGraceMs = 50_000;

const byCondition: Record<string, Partial<Record<Condition["status"], string>>> = {
  Ready: { False: "node.kubernetes.io/not-ready", Unknown: "node.kubernetes.io/unreachable" },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
};
const unschedulableKey = "node.kubernetes.io/unschedulable";
const evicting = new Set(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
const managed = new Set([
  unschedulableKey,
  ...Object.values(byCondition).flatMap((statuses) => Object.values(statuses)),
]);

/**
 * The taints that a node should have, or undefined when it has them (kubernetes 1.34
 * pkg/controller/nodelifecycle: doNoScheduleTaintingPass and doNoExecuteTaintingPass).
 */
export function plannedTaints(node: Node, nowMs: number): Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const wanted = new Map<string, Taint>();
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = byCondition[type]?.[status];
    if (!key) continue;
    wanted.set(`${key}:NoSchedule`, { key, effect: "NoSchedule" });
    if (evicting.has(key)) wanted.set(`${key}:NoExecute`, { key, effect: "NoExecute" });
  }
  // A node that has not reported yet is not ready.
  if (!node.status?.conditions?.some(({ type }) => type === "Ready")) {
    const key = "node.kubernetes.io/not-ready";
    wanted.set(`${key}:NoSchedule`, { key, effect: "NoSchedule" });
  }
  if (node.spec?.unschedulable)
    wanted.set(`${unschedulableKey}:NoSchedule`, { key: unschedulableKey, effect: "NoSchedule" });

  const kept = present.filter(({ key, effect }) => !managed.has(key) || wanted.has(`${key}:${effect}`));
  const added = [...wanted].flatMap(([id, taint]) =>
    present.some(({ key, effect }) => `${key}:${effect}` === id)
      ? []
      : [{ ...taint, timeAdded: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z") }],
  );
  return added.length === 0 && kept.length === present.length ? undefined : [...kept, ...added];
}

/** Conditions of a node whose kubelet went silent, or undefined while it is heard of. */
export function silentConditions(
  node: Node,
  lease: Lease | undefined,
  nowMs: number,
): Condition[] | undefined {
  const heardMs = Math.max(
    Date.parse(lease?.spec?.renewTime ?? "") || 0,
    Date.parse(node.metadata.creationTimestamp ?? "") || 0,
  );
  if (nowMs - heardMs <= leaseGraceMs) return undefined;
  const conditions = node.status?.conditions ?? [];
  const types = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
  if (conditions.every(({ type, status }) => !types.includes(type) || status === "Unknown")) return undefined;
  return conditions.map((condition) =>
    types.includes(condition.type) && condition.status !== "Unknown"
      ? {
          ...condition,
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "Kubelet stopped posting node status.",
          lastTransitionTime: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
        }
      : condition,
  );
}
