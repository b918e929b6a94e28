import { systemClock } from "./clock";

/** Repeats `look` until `accept` takes what it gives; the last value or failure is what the test then shows. */
export async function eventually<T>(
  look: () => Promise<T>,
  accept: (value: T) => boolean,
  timeoutMs = 30_000,
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
