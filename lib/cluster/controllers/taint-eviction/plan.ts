import type { Pod, Taint } from "@/lib/cluster/resources/types";
import { tolerates } from "../scheduler/taints";

/** When a taint of a pod's node began to count for the pod, in epoch milliseconds. */
export type SinceMs = (taint: Taint) => number;

/**
 * When a pod has to leave a node with these taints, in epoch milliseconds; undefined: it may stay. A toleration with
 * tolerationSeconds holds that long from the moment that `sinceMs` tells (kubernetes 1.34 pkg/controller/tainteviction).
 */
export function evictionAtMs(pod: Pod, taints: Taint[], nowMs: number, sinceMs: SinceMs): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const tolerating = (pod.spec.tolerations ?? []).filter((one) => tolerates([one], taint));
    if (tolerating.length === 0) return nowMs;
    const seconds = tolerating.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (seconds.length === 0) continue;
    const atMs = sinceMs(taint) + Math.max(0, Math.min(...seconds)) * 1000;
    earliest = Math.min(earliest ?? Infinity, atMs);
  }
  return earliest;
}

/**
 * Remembers when it first saw each taint beside each pod. Where the taint has a time of its own, a controller that starts
 * anew goes by that, or by the pod's start if that is later.
 */
export class FirstSights {
  readonly #seen = new Map<string, { uid: string | undefined; atMs: Map<string, number> }>();

  of(key: string, pod: Pod, taints: Taint[], nowMs: number): SinceMs {
    const known = this.#seen.get(key);
    const before = known?.uid === pod.metadata.uid ? known?.atMs : undefined;
    const started = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? "") || 0;
    const atMs = new Map(
      taints.map((taint) => {
        const addedMs = Date.parse(taint.timeAdded ?? "");
        return [idOf(taint), before?.get(idOf(taint)) ?? (addedMs ? Math.max(addedMs, started) : nowMs)];
      }),
    );
    if (atMs.size > 0) this.#seen.set(key, { uid: pod.metadata.uid, atMs });
    else this.#seen.delete(key);
    return (taint) => atMs.get(idOf(taint)) ?? nowMs;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

const idOf = ({ key, value, effect, timeAdded }: Taint) => JSON.stringify([key, value, effect, timeAdded]);
