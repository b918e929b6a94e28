import type { Pod } from "@/lib/cluster/resources/types";
import { filters } from "./filters";
import type { Prepared, Refusal } from "./filters/filter";
import type { NodeInfo, Snapshot } from "./snapshot";
import { withNode } from "./snapshot";

export interface NodeRefusal extends Refusal {
  /** The filters that refused, for the events that may change their mind. */
  plugin: string;
}

export interface Feasibility {
  feasible: NodeInfo[];
  refused: Map<string, NodeRefusal>;
  /** Set when the pod cannot run anywhere, whatever the nodes. */
  podRefusal?: { plugin: string; reason: string };
}

/** The nodes on which a pod could run, and why the others will not do (schedule_one.go findNodesThatFitPod). */
export function findFeasible(pod: Pod, snapshot: Snapshot): Feasibility {
  const prepared = filters.map((filter) => ({ plugin: filter.name, ...filter.prepare(pod, snapshot) }));
  const refused = new Map<string, NodeRefusal>();
  const stop = prepared.find((one) => one.kind === "refuse");
  if (stop) return { feasible: [], refused, podRefusal: { plugin: stop.plugin, reason: stop.reason } };
  const feasible: NodeInfo[] = [];
  for (const info of snapshot.nodes) {
    const rivals = rivalsFor(pod, info, snapshot);
    const found =
      (rivals.length > 0 ? refusalOn(info.name, pod, withNode(snapshot, info.with(...rivals))) : undefined) ??
      firstRefusal(prepared, info);
    if (found) refused.set(info.name, found);
    else feasible.push(info);
  }
  return { feasible, refused };
}

/** Why one node of the snapshot will not do; undefined when it will. */
export function refusalOn(nodeName: string, pod: Pod, snapshot: Snapshot): NodeRefusal | undefined {
  const prepared = filters.map((filter) => ({ plugin: filter.name, ...filter.prepare(pod, snapshot) }));
  const stop = prepared.find((one) => one.kind === "refuse");
  if (stop) return { plugin: stop.plugin, reasons: [stop.reason], isResolvable: false };
  return firstRefusal(
    prepared,
    snapshot.nodes.find(({ name }) => name === nodeName)!,
  );
}

/** Nominated pods of the same or a higher priority count as if they ran already. */
export function rivalsFor(pod: Pod, { name, pods }: NodeInfo, snapshot: Snapshot): Pod[] {
  const priority = pod.spec.priority ?? 0;
  return snapshot
    .nominated(name)
    .filter(
      (other) =>
        other.metadata.uid !== pod.metadata.uid &&
        (other.spec.priority ?? 0) >= priority &&
        !pods.some(({ metadata }) => metadata.uid === other.metadata.uid),
    );
}

function firstRefusal(
  prepared: readonly ({ plugin: string } & Prepared)[],
  info: NodeInfo,
): NodeRefusal | undefined {
  for (const one of prepared)
    if (one.kind === "check" && one.onlyNodes && !one.onlyNodes.has(info.name))
      return {
        plugin: one.plugin,
        reasons: [`node(s) didn't satisfy plugin(s) [${one.plugin}]`],
        isResolvable: false,
      };
  for (const one of prepared) {
    const refusal = one.kind === "check" ? one.check(info) : undefined;
    if (refusal) return { plugin: one.plugin, ...refusal };
  }
  return undefined;
}
