import type { Clock } from "@/lib/core/clock";
import type { Db } from "@/lib/db/client";

export interface Limit {
  max: number;
  windowMs: number;
}

/** Counts one event under `key` and says whether it is within the limit. Holds across processes and restarts. */
export async function countEvent(
  db: Db,
  clock: Clock,
  key: string,
  limit: Limit,
): Promise<{ allowed: boolean; windowEndsAtMs: number }> {
  const now = new Date(clock.now());
  const ends = new Date(clock.now() + limit.windowMs);
  const rows = await db.$queryRaw<{ count: number; ends: Date }[]>`
    INSERT INTO rate_limits (key, count, window_ends_at) VALUES (${key}, 1, ${ends})
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN rate_limits.window_ends_at <= ${now} THEN 1 ELSE rate_limits.count + 1 END,
      window_ends_at = CASE WHEN rate_limits.window_ends_at <= ${now} THEN ${ends} ELSE rate_limits.window_ends_at END
    RETURNING count, window_ends_at AS ends`;
  const { count, ends: windowEnds } = rows[0]!;
  return { allowed: count <= limit.max, windowEndsAtMs: windowEnds.getTime() };
}

/** Takes one event back: it was a good one after all. */
export async function uncountEvent(db: Db, key: string): Promise<void> {
  await db.rateLimit.updateMany({ where: { key, count: { gt: 0 } }, data: { count: { decrement: 1 } } });
}

export async function forgetEvents(db: Db, key: string): Promise<void> {
  await db.rateLimit.deleteMany({ where: { key } });
}
