import type { Clock } from "@/lib/core/clock";

/**
 * Labs that end by themselves when nobody has asked for them for a while, as walks start them: whoever plays on one may
 * be killed on the way. A lab is known again, with its whole time, when clusterd starts.
 */
export class PassingLabs {
  readonly #labs = new Map<string, { idleMsMax: number; usedMs: number }>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#labs.size;
  }

  /** Of a lab without `idleMsMax`: nothing. */
  know(labId: string, idleMsMax: number | undefined): void {
    if (idleMsMax !== undefined) this.#labs.set(labId, { idleMsMax, usedMs: this.clock.now() });
  }

  /** Somebody asked for it. */
  touch(labId: string): void {
    const lab = this.#labs.get(labId);
    if (lab) lab.usedMs = this.clock.now();
  }

  forget(labId: string): void {
    this.#labs.delete(labId);
  }

  /** Those whose time is over. Each is named once: when it cannot be ended it has its time again. */
  takeOverdue(): string[] {
    const nowMs = this.clock.now();
    const overdue = [...this.#labs].filter(([, { idleMsMax, usedMs }]) => nowMs - usedMs > idleMsMax);
    for (const [, lab] of overdue) lab.usedMs = nowMs;
    return overdue.map(([labId]) => labId);
  }
}
