/**
 * Calls `make` for 0 to `count` - 1 in batches of 1, 2, 4 and so on, and stops after the first batch with a failure:
 * where one fails, the rest would too (kubernetes 1.34 pkg/controller/replicaset: slowStartBatch).
 */
export async function slowStart<T>(
  count: number,
  make: (index: number) => Promise<T>,
): Promise<{ made: T[]; failures: Error[] }> {
  const made: T[] = [];
  const failures: Error[] = [];
  let next = 0;
  for (let size = 1; next < count && failures.length === 0; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - next) }, () => make(next++));
    for (const result of await Promise.allSettled(batch)) {
      if (result.status === "fulfilled") made.push(result.value);
      else failures.push(result.reason as Error);
    }
  }
  return { made, failures };
}
