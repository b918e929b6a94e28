import type { Pod } from "@/lib/cluster/resources/types";

const firstMs = 10_000;
const maxMs = 600_000;

/** How long no further pod is made: 10 s after a failure, twice as long after each that follows (backoff_utils.go). */
export function backoffLeftMs(pods: Pod[], nowMs: number): number {
  const ended = pods
    .filter(({ status }) => status?.phase === "Failed" || status?.phase === "Succeeded")
    .map((pod) => ({ hasFailed: pod.status!.phase === "Failed", atMs: endedAtMs(pod) }))
    .sort((a, b) => a.atMs - b.atMs);
  const failures = ended.length - 1 - ended.findLastIndex(({ hasFailed }) => !hasFailed);
  if (failures === 0) return 0;
  return Math.max(0, ended.at(-1)!.atMs + Math.min(firstMs * 2 ** Math.min(failures - 1, 20), maxMs) - nowMs);
}

function endedAtMs(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(
    ({ state }) => Date.parse(state?.terminated?.finishedAt ?? "") || 0,
  );
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  return Math.max(...times, 0) || Date.parse(ready ?? pod.metadata.creationTimestamp ?? "") || 0;
}
