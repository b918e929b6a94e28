import type { Pod } from "@/lib/cluster/resources/types";
import type { NodeInfo, Snapshot } from "../snapshot";

/** The best score that a plugin gives a node before its weight. */
export const scoreMax = 100;

/** One plugin of upstream's score phase, by upstream's name. */
export interface Score {
  name: string;
  weight: number;
  /** 0..100 for each of the feasible nodes, in their order; undefined: it has no preference. */
  score(pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot): number[] | undefined;
}

/** helper.DefaultNormalizeScore: the highest becomes 100; `isReversed`: the lowest is the best. */
export function normalized(scores: number[], isReversed = false): number[] {
  const highest = Math.max(0, ...scores);
  return scores.map((score) => {
    if (highest === 0) return isReversed ? scoreMax : score;
    const share = Math.trunc((scoreMax * score) / highest);
    return isReversed ? scoreMax - share : share;
  });
}
