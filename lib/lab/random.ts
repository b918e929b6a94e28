import { createHash } from "node:crypto";

/**
 * A stream of random numbers that is a pure function of its seed (sfc32 over SHA-256 of the seed). Not for secrets.
 * `lane` gives independent streams of one seed, so that a parameter added to a lab leaves the others as they were.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: string, lane = "") {
    const digest = createHash("sha256").update(`${seed.length}:${seed}${lane}`).digest();
    this.#a = digest.readUInt32LE(0);
    this.#b = digest.readUInt32LE(4);
    this.#c = digest.readUInt32LE(8);
    this.#counter = 1;
    for (let round = 0; round < 12; round++) this.u32();
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** Uniform in min..max, both included; at most 2^32 values. */
  integer(min: number, max: number): number {
    const span = max - min + 1;
    const limit = Math.floor(2 ** 32 / span) * span;
    for (;;) {
      const value = this.u32();
      if (value < limit) return min + (value % span);
    }
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)]!;
  }

  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(values: readonly T[]): T[] {
    const shuffled = [...values];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
    }
    return shuffled;
  }
}
