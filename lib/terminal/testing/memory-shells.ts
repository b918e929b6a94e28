import { Duplex } from "node:stream";
import { AppError } from "@/lib/core/app-error";
import type { ShellHost } from "../shell-host";

/** A shell host in memory: tests decide what a shell prints, and when its host or node is away. */
export class MemoryShells implements ShellHost {
  output = Buffer.alloc(0);
  /** Offset of the first byte that is still held. */
  heldFrom = 0;
  input = "";
  sizes: string[] = [];
  running = true;
  exitCode: number | undefined;
  known = true;
  away = false;
  attachments: { fromOffset: number }[] = [];
  #stream: Duplex | undefined;

  async attach(_shell: unknown, options: { fromOffset: number; cols: number; rows: number }) {
    this.#answer();
    this.attachments.push({ fromOffset: options.fromOffset });
    this.sizes.push(`${options.cols}x${options.rows}`);
    const offset = Math.max(options.fromOffset, this.heldFrom);
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.input += chunk.toString();
        done();
      },
    });
    this.#stream = stream;
    if (offset < this.output.length) stream.push(this.output.subarray(offset));
    if (!this.running) stream.push(null);
    return { offset, created: this.attachments.length === 1, stream };
  }

  async resize(_shell: unknown, cols: number, rows: number): Promise<void> {
    this.#answer();
    this.sizes.push(`${cols}x${rows}`);
  }

  async status() {
    this.#answer();
    return this.known ? { running: this.running, exitCode: this.exitCode } : undefined;
  }

  async close(): Promise<void> {
    this.#answer();
    this.exit(137);
  }

  print(text: string | Buffer): void {
    const bytes = Buffer.from(text);
    this.output = Buffer.concat([this.output, bytes]);
    this.#stream?.push(bytes);
  }

  exit(code: number): void {
    this.running = false;
    this.exitCode = code;
    this.#stream?.push(null);
  }

  /** The line to the host breaks and stays broken until `comeBack`. */
  goAway(): void {
    this.away = true;
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  comeBack(): void {
    this.away = false;
  }

  /** The host's stream is read no further. */
  get paused(): boolean {
    return this.#stream?.isPaused() ?? false;
  }

  #answer(): void {
    if (this.away) throw new AppError("unavailable", "labd cannot be reached.");
  }
}
