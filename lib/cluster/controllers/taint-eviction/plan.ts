import type { Pod, Taint } from "@/lib/cluster/resources/types";
import { tolerates } from "../scheduler/taints";

/**
 * When a pod has to leave a node with these taints, in epoch milliseconds; undefined: it may stay. A toleration with
 * tolerationSeconds holds that long from the moment the taint was added (kubernetes 1.34 pkg/controller/tainteviction).
 */
export function evictionAtMs(pod: Pod, taints: Taint[], nowMs: number): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const tolerating = (pod.spec.tolerations ?? []).filter((one) => tolerates([one], taint));
    if (tolerating.length === 0) return nowMs;
    const seconds = tolerating.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (seconds.length === 0) continue;
    const sinceMs = Date.parse(taint.timeAdded ?? "") || nowMs;
    const atMs = sinceMs + Math.max(0, Math.min(...seconds)) * 1000;
    earliest = Math.min(earliest ?? Infinity, atMs);
  }
  return earliest;
}
