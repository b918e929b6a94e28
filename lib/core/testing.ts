import { systemClock } from "./clock";

/** Repeats `look` until `accept` takes what it gives; the last value or failure is what the test then shows. */
export async function eventually<T>(
  look: () => Promise<T>,
  accept: (value: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      const value = await look();
      if (accept(value) || performance.now() > untilMs) return value;
    } catch (failure) {
      if (performance.now() > untilMs) throw failure;
    }
    await systemClock.sleep(50);
  }
}

/** The processor time that `work` takes: unlike time on the wall, other processes of the machine hardly change it. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
