import { preferredNeighbours } from "./inter-pod-affinity";
import { imageLocality, preferredNodes, preferredTaints } from "./nodes";
import { balancedAllocation, leastAllocated } from "./resources";
import type { Score } from "./score";
import { preferredSpread } from "./topology-spread";

/** With upstream's default weights. */
export const scores: readonly Score[] = [
  preferredTaints,
  preferredNodes,
  leastAllocated,
  preferredSpread,
  preferredNeighbours,
  balancedAllocation,
  imageLocality,
];
