import type { Clock } from "@/lib/core/clock";

/** Long enough for a program that writes without pause to fill a batch, far too short to be felt. */
const windowMs = 2;
const batchBytesMax = 64 << 10;

/**
 * Gathers output: a PTY yields at most 4 KiB at a time, and each piece costs a journal record and a frame for every
 * client. The first piece after a pause passes at once, so an echo does not wait; what follows within `windowMs` goes
 * out together.
 */
export class OutputBatch {
  #parts: Buffer[] = [];
  #bytes = 0;
  #open = false;

  constructor(
    private readonly clock: Clock,
    private readonly deliver: (bytes: Buffer) => void,
  ) {}

  add(bytes: Buffer): void {
    if (!this.#open) {
      this.deliver(bytes);
      return this.#openWindow();
    }
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= batchBytesMax) this.flush();
  }

  /** Delivers what waits. */
  flush(): void {
    if (this.#bytes === 0) return;
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    this.deliver(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }

  #openWindow(): void {
    this.#open = true;
    void this.clock.sleep(windowMs).then(() => {
      if (this.#bytes === 0) {
        this.#open = false;
        return;
      }
      this.flush();
      this.#openWindow();
    });
  }
}
