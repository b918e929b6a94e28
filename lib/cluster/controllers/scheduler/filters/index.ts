import type { Filter } from "./filter";
import { interPodAffinity } from "./inter-pod-affinity";
import { nodeAffinity } from "./node-affinity";
import { nodeName, nodeUnschedulable, taintToleration } from "./node-filters";
import { nodePorts } from "./node-ports";
import { resourcesFit } from "./resources-fit";
import { topologySpread } from "./topology-spread";
import { volumeBinding } from "./volume-binding";
import { volumeRestrictions } from "./volume-restrictions";
import { volumeZone } from "./volume-zone";

/** In upstream's default order: the first that refuses a node gives the reason. */
export const filters: readonly Filter[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  resourcesFit,
  volumeRestrictions,
  volumeBinding,
  volumeZone,
  topologySpread,
  interPodAffinity,
];
