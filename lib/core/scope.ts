/**
 * Collects releases next to their acquisitions and runs them in reverse. A release that fails does not keep the
 * others from running: all failures are thrown together at the end.
 *
 *     const scope = new Scope();
 *     const server = scope.use(await listen(), (s) => s.close());
 */
export class Scope implements AsyncDisposable {
  #releases: (() => unknown)[] = [];
  #closed = false;

  /** Registers `release` for `value` and returns the value. */
  use<T>(value: T, release: (value: T) => unknown): T {
    this.defer(() => release(value));
    return value;
  }

  defer(release: () => unknown): void {
    if (this.#closed) throw new Error("Scope is closed: nothing can be registered any more.");
    this.#releases.push(release);
  }

  /** Runs all releases in reverse order, once. */
  async close(): Promise<void> {
    this.#closed = true;
    const failures: unknown[] = [];
    for (const release of this.#releases.splice(0).reverse()) {
      try {
        await release();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} releases failed`);
  }

  /** Gives the releases to the caller's scope: used when a set-up succeeded and its result lives on. */
  moveTo(target: Scope): void {
    for (const release of this.#releases.splice(0)) target.defer(release);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Runs `work` in a scope that closes when it ends; on failure everything acquired is released first. */
export async function scoped<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope();
  try {
    return await work(scope);
  } finally {
    await scope.close();
  }
}
