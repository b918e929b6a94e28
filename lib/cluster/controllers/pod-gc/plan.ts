import type { Node, Pod } from "@/lib/cluster/resources/types";

/** A node may come back under its name within this time after it was seen to be missing. */
export const quarantineMs = 40_000;

export interface Collected {
  /** Said on the pod before it goes; undefined: nothing needs saying. */
  message?: string;
}

/**
 * Whether a pod goes at once, without a kubelet (kubernetes 1.34 pkg/controller/podgc): its node is gone for good, it was
 * deleted before it had a node, or its node is out of service. `"wait"`: its node is missing since shortly.
 */
export function planPodGc(
  pod: Pod,
  node: Node | undefined,
  missingSinceMs: number | undefined,
  nowMs: number,
): Collected | "wait" | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (!pod.spec.nodeName) return deletionTimestamp && deletionGracePeriodSeconds !== 0 ? {} : undefined;
  if (!node) {
    if (missingSinceMs === undefined || nowMs - missingSinceMs < quarantineMs) return "wait";
    return { message: "PodGC: node no longer exists" };
  }
  const isReady = node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  const isOutOfService = node.spec?.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service");
  return deletionTimestamp && !isReady && isOutOfService ? {} : undefined;
}
