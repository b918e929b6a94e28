import type { Clock } from "@/lib/core/clock";

export interface KeyedRunnerOptions {
  clock: Clock;
  onError?(key: string, failure: unknown): void;
  /** Keys handled at once; default 16. One key is never handled twice at once. */
  concurrency?: number;
  retryFirstMs?: number;
  retryMaxMs?: number;
}

/**
 * A work queue with its workers, as client-go's rate-limiting queue: a key that is added while it waits is handled once,
 * one that is added while it is handled is handled again, one whose handling failed is repeated after a back-off of its own.
 */
export class KeyedRunner {
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { atMs: number; abort: AbortController }>();
  #isClosed = false;

  constructor(
    private readonly handle: (key: string) => Promise<void>,
    private readonly options: KeyedRunnerOptions,
  ) {}

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    queueMicrotask(() => this.#pump());
  }

  /** Adds the key after `delayMs`, or earlier if it is already due earlier. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    if (delayMs <= 0) return this.add(key);
    const atMs = this.options.clock.now() + delayMs;
    const known = this.#timers.get(key);
    if (known && known.atMs <= atMs) return;
    known?.abort.abort();
    const abort = new AbortController();
    this.#timers.set(key, { atMs, abort });
    this.options.clock.sleep(delayMs, abort.signal).then(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      () => undefined,
    );
  }

  /** Resolves when nothing is waiting or being handled (keys with a delay do not count). */
  async idle(): Promise<void> {
    while (this.#running.size > 0 || this.#waiting.size > 0) {
      await Promise.all(this.#running.values());
      await Promise.resolve();
    }
  }

  /** Takes no more keys and waits for those in hand. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { abort } of this.#timers.values()) abort.abort();
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  #pump(): void {
    const concurrency = this.options.concurrency ?? 16;
    for (const key of this.#waiting) {
      if (this.#running.size >= concurrency) return;
      this.#waiting.delete(key);
      this.#running.set(key, this.#run(key));
    }
  }

  async #run(key: string): Promise<void> {
    await Promise.resolve(); // the key must be known as running before its handler can add it again
    try {
      await this.handle(key);
      this.#failures.delete(key);
    } catch (failure) {
      if (!this.#isClosed) {
        const failures = (this.#failures.get(key) ?? 0) + 1;
        this.#failures.set(key, failures);
        const { retryFirstMs = 5, retryMaxMs = 60_000, onError } = this.options;
        // A first failure is mostly a conflict that the next reading resolves.
        if (failures > 1) onError?.(key, failure);
        this.addAfter(key, Math.min(retryFirstMs * 2 ** Math.min(failures - 1, 20), retryMaxMs));
      }
    } finally {
      this.#running.delete(key);
      if (this.#again.delete(key)) this.#waiting.add(key);
      queueMicrotask(() => this.#pump());
    }
  }
}
