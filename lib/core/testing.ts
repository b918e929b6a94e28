import { systemClock } from "./clock";

/**
 * Repeats `look` until `accept` takes what it gives; the last value or failure is what the test then shows. The longer it takes,
 * the more seldom it looks: a wait of a minute is not to keep a core busy with kubectl.
 */
export async function eventually<T>(
  look: () => Promise<T>,
  accept: (value: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const startedMs = performance.now();
  const untilMs = startedMs + timeoutMs;
  for (;;) {
    try {
      const value = await look();
      if (accept(value) || performance.now() > untilMs) return value;
    } catch (failure) {
      if (performance.now() > untilMs) throw failure;
    }
    const waitedMs = performance.now() - startedMs;
    await systemClock.sleep(Math.min(Math.max(50, waitedMs / 5), 1000));
  }
}

/** The processor time that `work` takes: unlike time on the wall, other processes of the machine hardly change it. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
