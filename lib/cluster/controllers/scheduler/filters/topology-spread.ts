import type { Pod, TopologySpreadConstraint } from "@/lib/cluster/resources/types";
import type { NodeInfo } from "../snapshot";
import { countMatching, includesNode, selectorWithKeys } from "../topology";
import { check, never, perhaps, skip, type Filter } from "./filter";

const reason = "node(s) didn't match pod topology spread constraints";

/** kubernetes 1.34 plugins/podtopologyspread/filtering.go: constraints that say DoNotSchedule. */
export const topologySpread: Filter = {
  name: "PodTopologySpread",
  prepare(pod, { nodes }) {
    const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule",
    );
    if (constraints.length === 0) return skip;
    const keyed = nodes.filter(({ labels }) => constraints.every(({ topologyKey }) => topologyKey in labels));
    const counted = constraints.map((constraint) => count(constraint, pod, keyed));
    return check(({ labels }) => {
      for (const { constraint, perDomain, minimum, self } of counted) {
        const domain = labels[constraint.topologyKey];
        if (domain === undefined) return never(`${reason} (missing required label)`);
        if ((perDomain.get(domain) ?? 0) + self - minimum > constraint.maxSkew) return perhaps(reason);
      }
      return undefined;
    });
  },
};

function count(constraint: TopologySpreadConstraint, pod: Pod, nodes: readonly NodeInfo[]) {
  const selects = selectorWithKeys(constraint.labelSelector, pod, constraint.matchLabelKeys);
  const perDomain = new Map<string, number>();
  for (const info of nodes) {
    if (!includesNode(constraint, pod, info.node)) continue;
    const domain = info.labels[constraint.topologyKey]!;
    perDomain.set(domain, (perDomain.get(domain) ?? 0) + countMatching(info, pod, selects));
  }
  const isShort = perDomain.size < (constraint.minDomains ?? 1);
  const minimum = isShort || perDomain.size === 0 ? 0 : Math.min(...perDomain.values());
  return { constraint, perDomain, minimum, self: selects(pod.metadata.labels) ? 1 : 0 };
}
