import type { Clock } from "@/lib/core/clock";

const againMs = 150;
const giveUpMs = 60_000;

export interface ReturnWork {
  attempt(podUid: string): Promise<void>;
  /** False once the node is on its way out. */
  isWanted(): boolean;
  giveUp(podUid: string, failure: unknown): void;
}

/**
 * Pods of a thawed node whose network cannot be had yet: a plugin that asks its agent refuses until the agent runs, and the
 * agent is one of the pods. To whoever asks they run meanwhile, for they did when their lab was put to rest.
 */
export class ReturningPods {
  readonly #waiting = new Set<string>();
  #sinceMs = 0;
  #current: { podUid: string; attempt: Promise<void> } | undefined;
  #round: Promise<void> = Promise.resolve();

  /** When the pod's containers were wanted back; undefined for a pod that is not on its way. */
  sinceMs(podUid: string): number | undefined {
    return this.#waiting.has(podUid) ? this.#sinceMs : undefined;
  }

  /** Resolves when the pod is back or given up; at once for one that is not on its way. */
  async settled(podUid: string): Promise<void> {
    if (this.#waiting.has(podUid)) await this.#round;
  }

  /** The pod is not wanted any more. */
  async cancel(podUid: string): Promise<void> {
    this.#waiting.delete(podUid);
    if (this.#current?.podUid === podUid) await this.#current.attempt.catch(() => undefined);
  }

  /** Attempts each pod again and again until it succeeds, for a minute at most. Then `giveUp` gets what is left. */
  begin(podUids: string[], clock: Clock, work: ReturnWork): void {
    this.#sinceMs = clock.now();
    for (const podUid of podUids) this.#waiting.add(podUid);
    this.#round = this.#bringBack(clock, work).catch(() => undefined);
  }

  async #bringBack(clock: Clock, { attempt, isWanted, giveUp }: ReturnWork): Promise<void> {
    let failure: unknown;
    while (this.#waiting.size > 0 && clock.now() < this.#sinceMs + giveUpMs) {
      await clock.sleep(againMs);
      for (const podUid of [...this.#waiting]) {
        if (!isWanted()) return;
        if (!this.#waiting.has(podUid)) continue;
        this.#current = { podUid, attempt: attempt(podUid) };
        try {
          await this.#current.attempt;
          this.#waiting.delete(podUid);
        } catch (reason) {
          failure = reason;
          break;
        } finally {
          this.#current = undefined;
        }
      }
    }
    for (const podUid of [...this.#waiting]) {
      giveUp(podUid, failure);
      this.#waiting.delete(podUid);
    }
  }
}
