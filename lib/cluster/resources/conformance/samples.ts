import { clusterSamples } from "./cluster-samples";
import { controlSamples } from "./control-samples";
import { networkSamples } from "./network-samples";
import { policySamples } from "./policy-samples";
import type { Sample } from "./sample";
import { workloadSamples } from "./workload-samples";

/** One of each stored kind: the table that the conformance suites are driven by. */
export const samples: Sample[] = [
  ...networkSamples,
  ...workloadSamples,
  ...clusterSamples,
  ...policySamples,
  ...controlSamples,
];
