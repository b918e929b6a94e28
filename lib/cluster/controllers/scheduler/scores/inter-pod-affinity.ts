import type { Pod } from "@/lib/cluster/resources/types";
import { isOverlong, termsOf, type AffinityTerm } from "../pod-affinity";
import type { Snapshot } from "../snapshot";
import { scoreMax, type Score } from "./score";

/** kubernetes 1.34 plugins/interpodaffinity/scoring.go: what the pod would like, and what those there would like of it. */
export const preferredNeighbours: Score = {
  name: "InterPodAffinity",
  weight: 2,
  score(pod, feasible, snapshot) {
    const { sums, isUsed } = sumByDomain(pod, snapshot);
    if (!isUsed) return undefined;
    const raw = feasible.map(({ labels }) =>
      Object.entries(labels).reduce((sum, [key, value]) => sum + (sums.get(`${key}=${value}`) ?? 0), 0),
    );
    const lowest = Math.min(...raw);
    const range = Math.max(...raw) - lowest;
    return raw.map((score) => (range > 0 ? Math.trunc((scoreMax * (score - lowest)) / range) : 0));
  },
};

/** What a node of each topology domain gains, by "key=value". */
function sumByDomain(pod: Pod, snapshot: Snapshot) {
  const sums = new Map<string, number>();
  let isUsed = false;
  const add = ({ topologyKey }: AffinityTerm, labels: Record<string, string>, amount: number) => {
    const value = labels[topologyKey];
    if (value === undefined) return;
    isUsed = true;
    const domain = `${topologyKey}=${value}`;
    sums.set(domain, (sums.get(domain) ?? 0) + amount);
  };
  const { preferNear, preferApart } = termsOf(pod);
  for (const info of snapshot.nodes) {
    if (preferNear.length + preferApart.length > 0)
      for (const other of info.pods) {
        for (const term of preferNear) if (term.matches(other, snapshot)) add(term, info.labels, term.weight);
        for (const term of preferApart)
          if (term.matches(other, snapshot)) add(term, info.labels, -term.weight);
      }
    for (const other of info.podsWithAffinity) {
      if (isOverlong(other)) continue;
      const theirs = termsOf(other);
      // A required term of a pod there counts as a preference of weight 1 (hardPodAffinityWeight).
      for (const term of theirs.near) if (term.matches(pod, snapshot)) add(term, info.labels, 1);
      for (const term of theirs.preferNear)
        if (term.matches(pod, snapshot)) add(term, info.labels, term.weight);
      for (const term of theirs.preferApart)
        if (term.matches(pod, snapshot)) add(term, info.labels, -term.weight);
    }
  }
  return { sums, isUsed };
}
