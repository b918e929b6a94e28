import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { Pod, PodDisruptionBudget } from "@/lib/cluster/resources/types";
import { refusalOn, rivalsFor, type NodeRefusal } from "./find-feasible";
import { withNode, type NodeInfo, type Snapshot } from "./snapshot";
import { unschedulableMessage } from "./unschedulable-message";

export type Preemption =
  | { kind: "evict"; nodeName: string; victims: Pod[] }
  /** Nothing is evicted; `keepsNomination`: its victims are still leaving. */
  | { kind: "none"; message: string; keepsNomination: boolean };

interface Candidate {
  nodeName: string;
  /** The most important first. */
  victims: Pod[];
  violations: number;
}

/**
 * Which pods of lower priority must go so that `pod` fits (kubernetes 1.34 framework/preemption and
 * plugins/defaultpreemption). `refused`: why each node will not do as it is.
 */
export function planPreemption(
  pod: Pod,
  snapshot: Snapshot,
  refused: ReadonlyMap<string, NodeRefusal>,
): Preemption {
  const ineligible = whyNotEligible(pod, snapshot, refused);
  if (ineligible)
    return {
      kind: "none",
      message: `no new claims to deallocate, preemption: ${ineligible}`,
      keepsNomination: true,
    };
  const candidates: Candidate[] = [];
  const reasons: string[] = [];
  for (const info of snapshot.nodes) {
    if (!refused.get(info.name)?.isResolvable) {
      reasons.push("Preemption is not helpful for scheduling");
      continue;
    }
    const found = victimsOn(info, pod, snapshot);
    if (Array.isArray(found)) reasons.push(...found);
    else candidates.push(found);
  }
  if (candidates.length === 0)
    return {
      kind: "none",
      message: `no new claims to deallocate, preemption: ${unschedulableMessage(snapshot.nodes.length, reasons)}`,
      keepsNomination: false,
    };
  const { nodeName, victims } = best(candidates);
  return { kind: "evict", nodeName, victims };
}

const priorityOf = ({ spec }: Pod) => spec.priority ?? 0;

function whyNotEligible(
  pod: Pod,
  { nodes }: Snapshot,
  refused: ReadonlyMap<string, NodeRefusal>,
): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const nominee = pod.status?.nominatedNodeName;
  if (!nominee || refused.get(nominee)?.isResolvable === false) return undefined;
  const leaving = nodes
    .find(({ name }) => name === nominee)
    ?.pods.some((other) => priorityOf(other) < priorityOf(pod) && isLeavingForAnother(other));
  return leaving ? "not eligible due to a terminating pod on the nominated node." : undefined;
}

function isLeavingForAnother({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (status?.conditions ?? []).some(
      ({ type, status: holds, reason }) =>
        type === "DisruptionTarget" && holds === "True" && reason === "PreemptionByScheduler",
    )
  );
}

/** The fewest pods of the node that must go, or the reasons why none would help. */
function victimsOn(info: NodeInfo, pod: Pod, snapshot: Snapshot): Candidate | string[] {
  const potential = info.pods.filter((other) => priorityOf(other) < priorityOf(pod));
  if (potential.length === 0) return ["No preemption victims found for incoming pod"];
  const refusalWithout = (gone: ReadonlySet<Pod>) => {
    const rest = info.without(gone);
    const rivals = rivalsFor(pod, rest, snapshot);
    return (
      (rivals.length > 0 ? refusalOn(info.name, pod, withNode(snapshot, rest.with(...rivals))) : undefined) ??
      refusalOn(info.name, pod, withNode(snapshot, rest))
    );
  };
  const gone = new Set(potential);
  const refusal = refusalWithout(gone);
  if (refusal) return refusal.reasons;
  const { violating, others } = splitByBudget([...potential].sort(byImportance), snapshot.budgets());
  let violations = 0;
  // Who may stay is tried from the most important on, those whose budget would be broken first.
  for (const [isViolating, group] of [
    [true, violating],
    [false, others],
  ] as const)
    for (const other of group) {
      gone.delete(other);
      if (!refusalWithout(gone)) continue;
      gone.add(other);
      if (isViolating) violations += 1;
    }
  if (gone.size === 0) return ["No preemption victims found for incoming pod"];
  return { nodeName: info.name, victims: [...gone].sort(byImportance), violations };
}

/** util.MoreImportantPod: higher priority, then older. */
function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startedAtMs(a) - startedAtMs(b);
}

const startedAtMs = ({ metadata, status }: Pod): number =>
  Date.parse(status?.startTime ?? metadata.creationTimestamp ?? "") || 0;

function splitByBudget(pods: Pod[], budgets: readonly PodDisruptionBudget[]) {
  const left = budgets.map(({ metadata, spec, status }) => ({
    namespace: metadata.namespace,
    selects: isEmpty(spec?.selector) ? () => false : selectorOf(spec!.selector),
    disrupted: status?.disruptedPods ?? {},
    allowed: status?.disruptionsAllowed ?? 0,
  }));
  const violating: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    let isViolating = false;
    for (const budget of left) {
      const { name, namespace, labels } = pod.metadata;
      if (budget.namespace !== namespace || !budget.selects(labels) || name in budget.disrupted) continue;
      budget.allowed -= 1;
      if (budget.allowed < 0) isViolating = true;
    }
    (isViolating ? violating : others).push(pod);
  }
  return { violating, others };
}

function isEmpty(selector: NonNullable<PodDisruptionBudget["spec"]>["selector"]): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0;
}

/** pickOneNodeForPreemption: each criterion decides only between those that the one before left equal. */
function best(candidates: Candidate[]): Candidate {
  const criteria: ((of: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => priorityOf(victims[0]!),
    ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => {
      const highest = victims.filter((victim) => priorityOf(victim) === priorityOf(victims[0]!));
      return -Math.min(...highest.map(startedAtMs));
    },
  ];
  return candidates.reduce((chosen, other) => {
    for (const of of criteria) if (of(other) !== of(chosen)) return of(other) < of(chosen) ? other : chosen;
    return chosen;
  });
}
