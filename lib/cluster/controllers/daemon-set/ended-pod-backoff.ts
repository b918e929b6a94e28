import type { Pod } from "@/lib/cluster/resources/types";

const firstMs = 1000;
const maxMs = 15 * 60_000;
/** A node whose pods fare well for twice the longest wait starts anew. */
const forgetMs = 2 * maxMs;
const knownMax = 10_000;

/** Daemon pods that end again and again are replaced later and later (failedPodsBackoff of pkg/controller/daemon). */
export class EndedPodBackoff {
  readonly #known = new Map<string, { uid: string; waitMs: number; atMs: number }>();

  /** Milliseconds until `pod`, the one that ended under `key`, may be deleted. */
  leftMs(key: string, pod: Pod, nowMs: number): number {
    const before = this.#known.get(key);
    const uid = pod.metadata.uid ?? pod.metadata.name;
    if (before?.uid === uid) return before.atMs + before.waitMs - nowMs;
    const isRepeated = before && nowMs - before.atMs < forgetMs;
    // The first end is acted on at once.
    const waitMs = isRepeated ? Math.min(Math.max(firstMs, before.waitMs * 2), maxMs) : 0;
    this.#known.delete(key);
    this.#known.set(key, { uid, waitMs, atMs: nowMs });
    if (this.#known.size > knownMax) this.#known.delete(this.#known.keys().next().value!);
    return waitMs;
  }
}
