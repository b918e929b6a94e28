/** The longest time of each named step over the nodes. */
export class Timings {
  readonly #startedMs = performance.now();
  readonly #longestMs: Record<string, number> = {};

  async of<T>(step: string, work: Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const result = await work;
    this.#longestMs[step] = Math.max(this.#longestMs[step] ?? 0, performance.now() - startedMs);
    return result;
  }

  finish(): Record<string, number> {
    const entries = Object.entries({ ...this.#longestMs, total: performance.now() - this.#startedMs });
    return Object.fromEntries(entries.map(([step, ms]) => [step, Math.round(ms * 10) / 10]));
  }
}
