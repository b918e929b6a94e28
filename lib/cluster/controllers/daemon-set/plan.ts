import { nodeMatches } from "../scheduler/node-affinity";
import { tolerates } from "../scheduler/taints";
import type { DaemonSet, Node, Pod, PodSpec, Toleration } from "@/lib/cluster/resources/types";
import { isActive, isAvailable, isReady, scaled } from "../pods";

/** What the DaemonSet controller adds to its pods (pkg/controller/daemon/util: AddOrUpdateDaemonPodTolerations). */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const key = (name: string) => `node.kubernetes.io/${name}`;
  const added: Toleration[] = [
    { key: key("not-ready"), operator: "Exists", effect: "NoExecute" },
    { key: key("unreachable"), operator: "Exists", effect: "NoExecute" },
    { key: key("disk-pressure"), operator: "Exists", effect: "NoSchedule" },
    { key: key("memory-pressure"), operator: "Exists", effect: "NoSchedule" },
    { key: key("pid-pressure"), operator: "Exists", effect: "NoSchedule" },
    { key: key("unschedulable"), operator: "Exists", effect: "NoSchedule" },
    ...(spec.hostNetwork
      ? [{ key: key("network-unavailable"), operator: "Exists", effect: "NoSchedule" }]
      : []),
  ];
  const own = spec.tolerations ?? [];
  return [
    ...own,
    ...added.filter((one) => !own.some((other) => other.key === one.key && other.effect === one.effect)),
  ];
}

/** Whether a node should get a pod of the set, and whether one that is there may go on. */
export function daemonBelongs(set: DaemonSet, node: Node): { shouldRun: boolean; mayContinue: boolean } {
  const spec = set.spec.template.spec;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { shouldRun: false, mayContinue: false };
  if (!nodeMatches(spec, node)) return { shouldRun: false, mayContinue: false };
  const tolerations = daemonTolerations(spec);
  const taints = node.spec?.taints ?? [];
  const untolerated = taints.filter((taint) => !tolerates(tolerations, taint));
  return {
    shouldRun: !untolerated.some(({ effect }) => effect === "NoSchedule" || effect === "NoExecute"),
    mayContinue: !untolerated.some(({ effect }) => effect === "NoExecute"),
  };
}

export interface DaemonPlan {
  /** Names of nodes that lack a pod. */
  create: string[];
  delete: Pod[];
  /** Pods that have ended: they are deleted after a back-off. */
  ended: Pod[];
}

/** Which pods to make and delete so that each node that belongs has one, of the current template where it is time. */
export function planDaemons(
  set: DaemonSet,
  nodes: Node[],
  pods: Pod[],
  hash: string,
  nowMs: number,
): DaemonPlan {
  const plan: DaemonPlan = { create: [], delete: [], ended: [] };
  if (set.metadata.deletionTimestamp) return plan;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = targetNode(pod);
    byNode.set(name, [...(byNode.get(name) ?? []), pod]);
  }
  let desired = 0;
  let unavailable = 0;
  const oldAvailable: Pod[] = [];
  const surge = isRolling(set) ? surgeOf(set, nodes.length) : 0;
  const isNew = ({ metadata }: Pod) => metadata.labels?.["controller-revision-hash"] === hash;
  const isThere = (pod: Pod) => isAvailable(pod, minReadySeconds, nowMs);
  let surging = 0;
  const surgeable: string[] = [];
  for (const node of nodes) {
    const here = byNode.get(node.metadata.name) ?? [];
    const { shouldRun, mayContinue } = daemonBelongs(set, node);
    const active = here.filter(isActive);
    const finished = here.filter((pod) => !isActive(pod) && !pod.metadata.deletionTimestamp);
    plan.ended.push(...finished);
    if (!shouldRun) {
      if (!mayContinue) plan.delete.push(...active);
      continue;
    }
    desired += 1;
    const byAge = active.sort(
      (a, b) =>
        Date.parse(a.metadata.creationTimestamp ?? "") - Date.parse(b.metadata.creationTimestamp ?? ""),
    );
    // With a surge a node may have an old and a new pod for a while.
    const [fresh, stale] = [byAge.find(isNew), byAge.find((pod) => !isNew(pod))];
    const kept = surge > 0 ? [fresh, stale].filter((pod) => pod !== undefined) : byAge.slice(0, 1);
    plan.delete.push(...byAge.filter((pod) => !kept.includes(pod)));
    const [first] = kept;
    if (!first) {
      unavailable += 1;
      // One that still terminates holds its place (and its host ports).
      if (here.every((pod) => !pod.metadata.deletionTimestamp) && finished.length === 0)
        plan.create.push(node.metadata.name);
      continue;
    }
    if (surge > 0) {
      if (fresh && stale) {
        if (isThere(fresh)) plan.delete.push(stale);
        else surging += 1;
      } else if (stale) {
        if (isThere(stale)) surgeable.push(node.metadata.name);
        else plan.create.push(node.metadata.name);
      }
    } else if (!isThere(first)) {
      unavailable += 1;
      if (!isNew(first) && isRolling(set)) plan.delete.push(first);
    } else if (!isNew(first)) oldAvailable.push(first);
  }
  plan.create.push(...surgeable.slice(0, Math.max(0, surge - surging)));
  for (const [name, orphans] of byNode)
    if (!nodes.some((node) => node.metadata.name === name)) plan.delete.push(...orphans.filter(isActive));
  if (isRolling(set) && surge === 0) {
    const limit = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
    const allowed = Math.max(0, Math.max(1, scaled(limit, desired, true)) - unavailable);
    plan.delete.push(...oldAvailable.slice(0, allowed));
  }
  return plan;
}

function isRolling(set: DaemonSet): boolean {
  return (set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/** How many nodes may have a new pod beside the old one. */
function surgeOf(set: DaemonSet, nodeCount: number): number {
  return scaled(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, nodeCount, true);
}

/** The node of a daemon pod: bound, or named by the affinity that the controller gives it. */
export function targetNode(pod: Pod): string {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const term of terms)
    for (const field of term.matchFields ?? [])
      if (field.key === "metadata.name" && field.values?.[0]) return field.values[0];
  return "";
}

export function daemonStatus(
  set: DaemonSet,
  nodes: Node[],
  pods: Pod[],
  hash: string,
  nowMs: number,
): NonNullable<DaemonSet["status"]> {
  const counts = { current: 0, desired: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const node of nodes) {
    const here = pods.filter((pod) => targetNode(pod) === node.metadata.name && isActive(pod));
    if (!daemonBelongs(set, node).shouldRun) {
      if (here.length > 0) counts.misscheduled += 1;
      continue;
    }
    counts.desired += 1;
    if (here.length === 0) continue;
    counts.current += 1;
    if (here.some(isReady)) counts.ready += 1;
    if (here.some((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs))) counts.available += 1;
    if (here.some(({ metadata }) => metadata.labels?.["controller-revision-hash"] === hash))
      counts.updated += 1;
  }
  const unavailable = counts.desired - counts.available;
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: set.metadata.generation,
    ...(counts.updated ? { updatedNumberScheduled: counts.updated } : {}),
    ...(counts.available ? { numberAvailable: counts.available } : {}),
    ...(unavailable ? { numberUnavailable: unavailable } : {}),
  };
}
