import type { Pod } from "@/lib/cluster/resources/types";
import { findFeasible } from "./find-feasible";
import { planPreemption } from "./plan-preemption";
import { isOverlong, rulesBytesMax } from "./pod-affinity";
import { scores } from "./scores";
import type { NodeInfo, Snapshot } from "./snapshot";
import { unschedulableMessage } from "./unschedulable-message";

export type Decision =
  | { kind: "bind"; nodeName: string }
  | {
      kind: "wait";
      /** As the event FailedScheduling and the condition PodScheduled give it. */
      message: string;
      /** The filters that refused: only what concerns one of them can make the pod schedulable. */
      plugins: ReadonlySet<string>;
      /** The node whose victims make room; "" takes a nomination back, undefined leaves it. */
      nominatedNodeName?: string;
      victims: Pod[];
    };

/**
 * One scheduling cycle: upstream's filters with upstream's reasons, its scores with their default weights, and preemption
 * when nothing fits (kubernetes 1.34 pkg/scheduler/schedule_one.go). Of equal nodes the first is taken; upstream draws.
 */
export function schedule(pod: Pod, snapshot: Snapshot): Decision {
  const nodeCount = snapshot.nodes.length;
  if (nodeCount === 0)
    return {
      kind: "wait",
      message: "no nodes available to schedule pods",
      plugins: new Set(),
      victims: [],
    };
  if (isOverlong(pod))
    return {
      kind: "wait",
      message: `the pod's affinity and topology spread constraints are longer than the scheduler's limit of ${rulesBytesMax} bytes`,
      plugins: new Set(),
      victims: [],
    };
  const { feasible, refused, podRefusal } = findFeasible(pod, snapshot);
  if (feasible.length > 0) return { kind: "bind", nodeName: bestOf(pod, feasible, snapshot).name };
  const plugins = new Set(
    podRefusal ? [podRefusal.plugin] : [...refused.values()].map(({ plugin }) => plugin),
  );
  const reasons = podRefusal
    ? { pod: podRefusal.reason }
    : [...refused.values()].flatMap((one) => one.reasons);
  const preemption = planPreemption(pod, snapshot, refused);
  if (preemption.kind === "evict")
    return {
      kind: "wait",
      message: unschedulableMessage(nodeCount, reasons),
      plugins,
      nominatedNodeName: preemption.nodeName,
      victims: preemption.victims,
    };
  return {
    kind: "wait",
    message: unschedulableMessage(nodeCount, reasons, preemption.message),
    plugins,
    ...(preemption.keepsNomination ? {} : { nominatedNodeName: "" }),
    victims: [],
  };
}

/** The feasible node with the highest weighted sum of all scores. */
function bestOf(pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot): NodeInfo {
  if (feasible.length === 1) return feasible[0]!;
  // Where its victims made room it goes, whatever has come free elsewhere.
  const nominated = feasible.find(({ name }) => name === pod.status?.nominatedNodeName);
  if (nominated) return nominated;
  const totals = feasible.map(() => 0);
  for (const { weight, score } of scores)
    score(pod, feasible, snapshot)?.forEach((value, at) => (totals[at]! += weight * value));
  return feasible[totals.indexOf(Math.max(...totals))]!;
}
