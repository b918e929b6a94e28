import { selectorOf, type LabelPredicate } from "@/lib/cluster/client/label-selector";
import type { LabelSelector, Node, Pod, TopologySpreadConstraint } from "@/lib/cluster/resources/types";
import { nodeMatches } from "./node-affinity";
import type { NodeInfo } from "./snapshot";
import { tolerates } from "./taints";

/** The selector, narrowed to pods that carry (or do not carry) the incoming pod's own values of some keys. */
export function selectorWithKeys(
  selector: LabelSelector | undefined,
  pod: Pod,
  matchKeys: string[] = [],
  mismatchKeys: string[] = [],
): LabelPredicate {
  if (!selector) return () => false;
  const values = pod.metadata.labels ?? {};
  const of = (keys: string[], operator: "In" | "NotIn") =>
    keys.filter((key) => values[key] !== undefined).map((key) => ({ key, operator, values: [values[key]!] }));
  return selectorOf({
    ...selector,
    matchExpressions: [
      ...(selector.matchExpressions ?? []),
      ...of(matchKeys, "In"),
      ...of(mismatchKeys, "NotIn"),
    ],
  });
}

/** Pods of the incoming pod's namespace that count; terminating ones do not. */
export function countMatching({ pods }: NodeInfo, { metadata }: Pod, selects: LabelPredicate): number {
  return pods.filter(
    (other) =>
      other.metadata.namespace === metadata.namespace &&
      !other.metadata.deletionTimestamp &&
      selects(other.metadata.labels),
  ).length;
}

/** Whether a constraint counts a node at all: nodeAffinityPolicy (Honor by default), nodeTaintsPolicy (Ignore). */
export function includesNode(
  { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" }: TopologySpreadConstraint,
  { spec }: Pod,
  node: Node,
): boolean {
  if (nodeAffinityPolicy === "Honor" && !nodeMatches(spec, node)) return false;
  return (
    nodeTaintsPolicy !== "Honor" ||
    (node.spec?.taints ?? []).every(
      (taint) => taint.effect === "PreferNoSchedule" || tolerates(spec.tolerations, taint),
    )
  );
}
