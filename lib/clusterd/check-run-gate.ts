import { AppError } from "@/lib/core/app-error";

export interface GateLimits {
  /** Runs of all labs at once; each is a worker with some hundred megabytes at worst. */
  atOnce: number;
  /** Runs of one lab that may wait; a student who hammers the button gets `exhausted`. */
  waitingPerLabMax: number;
  waitMsMax: number;
}

export const defaultGateLimits: GateLimits = { atOnce: 4, waitingPerLabMax: 3, waitMsMax: 25_000 };

interface Waiter {
  labId: string;
  start: () => void;
}

/**
 * Lets runs of checks in: at most `atOnce`, one at a time of each lab, first come first served among labs whose turn it
 * can be, so that no lab keeps another from being graded. Throws `exhausted` when a lab has too many waiting or its
 * turn does not come in time.
 */
export class CheckGate {
  readonly #running = new Set<string>();
  #waiting: Waiter[] = [];

  constructor(private readonly limits: GateLimits = defaultGateLimits) {}

  async run<T>(labId: string, work: () => Promise<T>): Promise<T> {
    await this.#turn(labId);
    try {
      return await work();
    } finally {
      this.#running.delete(labId);
      this.#next();
    }
  }

  #turn(labId: string): Promise<void> {
    if (this.#waiting.filter((waiter) => waiter.labId === labId).length >= this.limits.waitingPerLabMax)
      throw new AppError("exhausted", "This lab is being checked already: wait for the result.");
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        labId,
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(new AppError("exhausted", "Too many labs are being checked at once: try again in a moment."));
      }, this.limits.waitMsMax);
      this.#waiting.push(waiter);
      this.#next();
    });
  }

  #next(): void {
    while (this.#running.size < this.limits.atOnce) {
      const index = this.#waiting.findIndex(({ labId }) => !this.#running.has(labId));
      if (index < 0) return;
      const [waiter] = this.#waiting.splice(index, 1);
      this.#running.add(waiter!.labId);
      waiter!.start();
    }
  }
}
