import type { Clock } from "@/lib/core/clock";

/**
 * A token bucket over bytes: how long to wait after `bytes` so that the mean stays below `bytesPerSecond`. A shell that
 * nobody watches goes on at this pace: a forgotten `yes` must not take a core from the others.
 */
export class Pace {
  #debtBytes = 0;
  #atMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly bytesPerSecond: number,
    private readonly burstBytes: number,
  ) {
    this.#atMs = clock.now();
  }

  /** Milliseconds to wait; 0 within the burst. */
  take(bytes: number): number {
    const nowMs = this.clock.now();
    const paid = ((nowMs - this.#atMs) / 1000) * this.bytesPerSecond;
    this.#debtBytes = Math.max(0, this.#debtBytes - paid) + bytes;
    this.#atMs = nowMs;
    const over = this.#debtBytes - this.burstBytes;
    return over <= 0 ? 0 : Math.ceil((over / this.bytesPerSecond) * 1000);
  }
}
