export interface PoolFacts {
  /** Current versions of labs, those that people start most first. */
  versionIds: string[];
  entries: { id: string; versionId: string; state: "PREPARING" | "READY" | "FAILED"; createdAtMs: number }[];
  /** Labs that may still be started on this server beside those of attempts, the pool's own included. */
  room: number;
  perVersion: number;
  max: number;
  /** Somebody waits for a lab of the ordinary way: the pool does not take its processor time. */
  isBusy: boolean;
  nowMs: number;
}

/** A version whose lab does not start is not tried again before. */
const retryFailedMs = 5 * 60_000;

/**
 * What the pool should do next: which entries go, and of which version one more is booted. One is booted at a time. Pure:
 * entries of versions that are not current go, surplus ones too, the oldest first.
 */
export function planPool(facts: PoolFacts): { drop: string[]; add: string | undefined } {
  const { versionIds, entries, perVersion, nowMs } = facts;
  const limit = Math.max(0, Math.min(facts.max, facts.room));
  const isStale = ({ versionId, state, createdAtMs }: PoolFacts["entries"][number]) =>
    !versionIds.includes(versionId) || (state === "FAILED" && nowMs - createdAtMs >= retryFailedMs);
  const drop = new Set(entries.filter(isStale).map(({ id }) => id));
  const kept = new Map<string, number>();
  let total = 0;
  for (const entry of [...entries].sort((a, b) => b.createdAtMs - a.createdAtMs)) {
    if (drop.has(entry.id)) continue;
    const ofVersion = kept.get(entry.versionId) ?? 0;
    if (ofVersion >= perVersion || (entry.state !== "FAILED" && total >= limit)) {
      drop.add(entry.id);
      continue;
    }
    kept.set(entry.versionId, ofVersion + 1);
    if (entry.state !== "FAILED") total += 1;
  }
  const isBooting = entries.some(({ id, state }) => state === "PREPARING" && !drop.has(id));
  if (facts.isBusy || isBooting || total >= limit) return { drop: [...drop], add: undefined };
  const missing = versionIds.filter((id) => (kept.get(id) ?? 0) < perVersion);
  // One of each before the second of any.
  const add = missing.reduce<string | undefined>(
    (least, id) => (least === undefined || (kept.get(id) ?? 0) < (kept.get(least) ?? 0) ? id : least),
    undefined,
  );
  return { drop: [...drop], add };
}
