import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { Duplex } from "node:stream";
import type { ShellAttachment, ShellHost, ShellRef } from "./shell-host";

/** Typed input that waits while labd is away or the program does not read; more is dropped. */
export const inputQueueBytesMax = 1 << 20;
const retryFirstMs = 100;
const retryMostMs = 5_000;
/** How often the node must say that it knows no such shell before we believe it. */
const lostAfter = 3;

export interface ShellLinkEvents {
  output(bytes: Buffer): void;
  /** The node no longer holds the output before `offset`. */
  gap(offset: number): void;
  /** The connection broke (false) and came back (true). */
  linked(up: boolean): void;
  ended(state: "exited" | "lost", exitCode: number | undefined): void;
}

export interface ShellLinkOptions {
  host: ShellHost;
  shell: ShellRef;
  clock: Clock;
  logger: Logger;
  events: ShellLinkEvents;
}

/** The attachment to a shell, made again whenever it breaks, from the byte after the last one that was delivered. */
export class ShellLink {
  #offset: number;
  #size: { cols: number; rows: number };
  #sentSize: { cols: number; rows: number };
  #stream: Duplex | undefined;
  #pauses = new Set<string>();
  #queue: Buffer[] = [];
  #queueBytes = 0;
  #resizing = false;
  #stop = new AbortController();

  constructor(
    private readonly options: ShellLinkOptions,
    start: { offset: number; cols: number; rows: number },
  ) {
    this.#offset = start.offset;
    this.#size = this.#sentSize = { cols: start.cols, rows: start.rows };
  }

  /** Opens the shell for the first time; throws when that fails, and looks after the attachment from then on. */
  async open(): Promise<void> {
    this.#adopt(await this.#attach());
  }

  /** Looks for a shell that was opened before; never throws. */
  reattach(): void {
    void this.#retry();
  }

  /** False: the queue is full and the bytes were dropped. */
  write(bytes: Uint8Array): boolean {
    const waiting = this.#queueBytes + (this.#stream?.writableLength ?? 0);
    if (waiting + bytes.length > inputQueueBytesMax) return false;
    if (this.#stream) this.#stream.write(bytes);
    else {
      this.#queue.push(Buffer.from(bytes));
      this.#queueBytes += bytes.length;
    }
    return true;
  }

  resize(cols: number, rows: number): void {
    this.#size = { cols, rows };
    void this.#sendSize();
  }

  /** Output stops while any reason holds; the node holds the rest. */
  pause(reason: string): void {
    this.#pauses.add(reason);
    this.#stream?.pause();
  }

  resume(reason: string): void {
    if (this.#pauses.delete(reason) && this.#pauses.size === 0) this.#stream?.resume();
  }

  /** Lets go of the shell, which goes on. */
  stop(): void {
    this.#stop.abort(new AppError("unavailable", "The terminal was let go."));
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  async #attach(): Promise<ShellAttachment> {
    const { host, shell } = this.options;
    const size = this.#size;
    const attachment = await host.attach(shell, { fromOffset: this.#offset, ...size });
    this.#sentSize = size;
    if (this.#stop.signal.aborted) {
      attachment.stream.destroy();
      throw this.#stop.signal.reason;
    }
    return attachment;
  }

  #adopt({ offset, stream }: ShellAttachment): void {
    if (offset > this.#offset) {
      this.#offset = offset;
      this.options.events.gap(offset);
    }
    // Bytes that we have already: the node may only send from a boundary of its own.
    let skip = this.#offset - offset;
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      const bytes = skip > 0 ? chunk.subarray(Math.min(skip, chunk.length)) : chunk;
      skip -= chunk.length - bytes.length;
      if (bytes.length === 0) return;
      this.#offset += bytes.length;
      this.options.events.output(bytes);
    });
    stream.on("error", () => stream.destroy());
    stream.once("end", () => stream.destroy());
    stream.once("close", () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      if (!this.#stop.signal.aborted) void this.#retry();
    });
    for (const bytes of this.#queue.splice(0)) stream.write(bytes);
    this.#queueBytes = 0;
    void this.#sendSize();
    if (this.#pauses.size === 0) stream.resume();
  }

  async #retry(): Promise<void> {
    const { host, shell, clock, events, logger } = this.options;
    let delayMs = retryFirstMs;
    let unknown = 0;
    let told = false;
    while (!this.#stop.signal.aborted) {
      try {
        const status = await host.status(shell);
        if (status && !status.running && this.#drained) return events.ended("exited", status.exitCode);
        if (!status) throw new AppError("not-found", `${shell.node} knows no shell ${shell.shellId}.`);
        const attachment = await this.#attach();
        if (!status.running) this.#drained = true; // what is left of its output ends the stream
        if (told) events.linked(true);
        return this.#adopt(attachment);
      } catch (failure) {
        if (this.#stop.signal.aborted) return;
        const error = AppError.from(failure);
        if (error.code === "not-found" && ++unknown >= lostAfter) return events.ended("lost", undefined);
        if (error.code !== "not-found") unknown = 0;
        if (!told) {
          told = true;
          events.linked(false);
          logger.info({ shell, reason: error.message }, "shell detached, trying again");
        }
        await clock.sleep(delayMs, this.#stop.signal).catch(() => undefined);
        delayMs = Math.min(retryMostMs, delayMs * 2);
      }
    }
  }

  /** The shell had ended before the last attachment was made: nothing more will come. */
  #drained = false;

  async #sendSize(): Promise<void> {
    if (this.#resizing) return;
    this.#resizing = true;
    try {
      while (!this.#stop.signal.aborted && this.#stream) {
        const { cols, rows } = this.#size;
        if (cols === this.#sentSize.cols && rows === this.#sentSize.rows) return;
        this.#sentSize = { cols, rows };
        await this.options.host.resize(this.options.shell, cols, rows);
      }
    } catch (failure) {
      this.options.logger.debug({ err: failure }, "resize failed; the next attachment carries the size");
    } finally {
      this.#resizing = false;
    }
  }
}
