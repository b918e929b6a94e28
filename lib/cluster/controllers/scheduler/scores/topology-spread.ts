import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { Pod, TopologySpreadConstraint } from "@/lib/cluster/resources/types";
import type { NodeInfo, Snapshot } from "../snapshot";
import { countMatching, includesNode, selectorWithKeys } from "../topology";
import { scoreMax, type Score } from "./score";

const hostname = "kubernetes.io/hostname";

/** What pods that state no constraint are spread by (podtopologyspread systemDefaultConstraints). */
const defaults: TopologySpreadConstraint[] = [
  { topologyKey: hostname, whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 5 },
];

/** kubernetes 1.34 plugins/podtopologyspread/scoring.go */
export const preferredSpread: Score = {
  name: "PodTopologySpread",
  weight: 2,
  score(pod, feasible, snapshot) {
    const own = pod.spec.topologySpreadConstraints ?? [];
    const constraints =
      own.length > 0
        ? own
            .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "ScheduleAnyway")
            .map((constraint) => ({
              ...constraint,
              selects: selectorWithKeys(constraint.labelSelector, pod, constraint.matchLabelKeys),
            }))
        : defaultConstraints(pod, snapshot);
    if (constraints.length === 0) return undefined;
    // The default constraints spread over host names even where nodes have no zone.
    const isIgnored = ({ labels }: NodeInfo) =>
      own.length > 0 && !constraints.every(({ topologyKey }) => topologyKey in labels);
    const scored = feasible.filter((info) => !isIgnored(info));
    const counts = constraints.map((constraint) => {
      const key = constraint.topologyKey;
      const domains = new Map(scored.map(({ labels }) => [labels[key], 0]));
      for (const info of snapshot.nodes)
        if (domains.has(info.labels[key]) && !isIgnored(info) && includesNode(constraint, pod, info.node))
          domains.set(
            info.labels[key],
            domains.get(info.labels[key])! + countMatching(info, pod, constraint.selects),
          );
      const size = key === hostname ? scored.length : domains.size;
      return { key, domains, maxSkew: constraint.maxSkew, weight: Math.log(size + 2) };
    });
    const raw = feasible.map((info) => {
      if (isIgnored(info)) return undefined;
      return Math.round(
        counts.reduce(
          (sum, { key, domains, maxSkew, weight }) =>
            key in info.labels ? sum + domains.get(info.labels[key])! * weight + (maxSkew - 1) : sum,
          0,
        ),
      );
    });
    const known = raw.filter((score) => score !== undefined);
    const lowest = Math.min(...known);
    const highest = Math.max(0, ...known);
    return raw.map((score) => {
      if (score === undefined) return 0;
      return highest === 0 ? scoreMax : Math.trunc((scoreMax * (highest + lowest - score)) / highest);
    });
  },
};

function defaultConstraints(pod: Pod, snapshot: Snapshot) {
  const selectors = snapshot.selectorsOf(pod).map(selectorOf);
  if (selectors.length === 0) return [];
  return defaults.map((constraint) => ({
    ...constraint,
    selects: (labels: Parameters<(typeof selectors)[number]>[0]) => selectors.every((one) => one(labels)),
  }));
}
