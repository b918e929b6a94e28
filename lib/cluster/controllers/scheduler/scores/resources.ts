import type { Pod } from "@/lib/cluster/resources/types";
import { amountsOf, requestsOf } from "../requests";
import type { NodeInfo } from "../snapshot";
import { scoreMax, type Score } from "./score";

const resources = ["cpu", "memory"] as const;

/** What a pod that asks for nothing counts as (util.DefaultMilliCPURequest, DefaultMemoryRequest). */
const assumed = { cpu: 100, memory: 200 * 2 ** 20 };

/** kubernetes 1.34 plugins/noderesources/least_allocated.go: the emptier the better. */
export const leastAllocated: Score = {
  name: "NodeResourcesFit",
  weight: 1,
  score: (pod, feasible) =>
    feasible.map((info) => {
      const parts = resources.flatMap((resource) => {
        const total = amountsOf(info.node.status?.allocatable)[resource] ?? 0;
        if (total === 0) return [];
        const used = [...info.pods, pod].reduce((sum, one) => sum + countedRequest(one, resource), 0);
        return [used > total ? 0 : Math.trunc(((total - used) * scoreMax) / total)];
      });
      return parts.length > 0 ? Math.trunc(parts.reduce((sum, part) => sum + part, 0) / parts.length) : 0;
    }),
};

const counted = { cpu: new WeakMap<object, number>(), memory: new WeakMap<object, number>() };

/** Containers without a request count as upstream's default, each. */
function countedRequest({ spec }: Pod, resource: (typeof resources)[number]): number {
  let found = counted[resource].get(spec);
  if (found === undefined) {
    const lacking = spec.containers.filter((one) => one.resources?.requests?.[resource] === undefined);
    found = (requestsOf(spec)[resource] ?? 0) + lacking.length * assumed[resource];
    counted[resource].set(spec, found);
  }
  return found;
}

/** balanced_allocation.go: CPU and memory taken in like shares. Pods that ask for nothing have no say. */
export const balancedAllocation: Score = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  score(pod, feasible) {
    const wanted = requestsOf(pod.spec);
    if (resources.every((resource) => !wanted[resource])) return undefined;
    return feasible.map((info) => balance(info, wanted));
  },
};

function balance(info: NodeInfo, wanted: Readonly<Record<string, number>>): number {
  const allocatable = amountsOf(info.node.status?.allocatable);
  const shares = resources
    .filter((resource) => (allocatable[resource] ?? 0) > 0)
    .map((resource) =>
      Math.min(1, ((info.requested[resource] ?? 0) + (wanted[resource] ?? 0)) / allocatable[resource]!),
    );
  const deviation = shares.length === 2 ? Math.abs(shares[0]! - shares[1]!) / 2 : 0;
  return Math.trunc((1 - deviation) * scoreMax);
}
