import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A recording ends when it has this size; the shell goes on. */
export const castBytesMax = 64 << 20;

export interface CastState {
  bytes: number;
  ended: boolean;
  startedAtMs: number;
  /** Base64 of the bytes of a character that is not complete yet. */
  partial: string;
}

/**
 * Writes an asciicast v2 file (https://docs.asciinema.org/manual/asciicast/v2/): a header, then one JSON array an event.
 * It goes on at `state.bytes`, dropping whatever stands after it, so a writer that died half way is repeated exactly.
 */
export class CastWriter {
  readonly #fd: number;
  readonly #bytesMax: number;
  #partial: Buffer;
  #bytes: number;
  #ended: boolean;
  #startedAtMs: number;

  constructor(file: string, state: CastState | undefined, bytesMax = castBytesMax) {
    this.#fd = openSync(file, "a", 0o640);
    this.#bytes = state?.bytes ?? 0;
    this.#ended = state?.ended ?? false;
    this.#startedAtMs = state?.startedAtMs ?? 0;
    this.#partial = Buffer.from(state?.partial ?? "", "base64");
    this.#bytesMax = bytesMax;
    ftruncateSync(this.#fd, this.#bytes);
  }

  get state(): CastState {
    return {
      bytes: this.#bytes,
      ended: this.#ended,
      startedAtMs: this.#startedAtMs,
      partial: this.#partial.toString("base64"),
    };
  }

  start(timeMs: number, cols: number, rows: number, title: string): void {
    this.#startedAtMs = timeMs;
    this.#line({
      version: 2,
      width: cols,
      height: rows,
      timestamp: Math.floor(timeMs / 1000),
      title,
      env: { TERM: "xterm-256color", SHELL: "/bin/bash" },
    });
  }

  output(timeMs: number, bytes: Uint8Array): void {
    if (this.#ended) return;
    const all = this.#partial.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#partial, bytes]);
    const complete = completeUtf8(all);
    this.#partial = Buffer.from(all.subarray(complete));
    if (complete > 0) this.#event(timeMs, "o", all.toString("utf8", 0, complete));
  }

  resize(timeMs: number, cols: number, rows: number): void {
    this.#event(timeMs, "r", `${cols}x${rows}`);
  }

  marker(timeMs: number, label: string): void {
    this.#event(timeMs, "m", label);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #event(timeMs: number, code: "o" | "r" | "m", data: string): void {
    if (this.#ended) return;
    if (this.#bytes + data.length > this.#bytesMax) {
      const text = `[The recording ends here: it has reached its limit of ${this.#bytesMax >> 20} MB.]`;
      this.#line([this.#seconds(timeMs), "m", text]);
      this.#line([this.#seconds(timeMs), "o", `\r\n${text}\r\n`]);
      this.#ended = true;
      return;
    }
    this.#line([this.#seconds(timeMs), code, data]);
  }

  #seconds(timeMs: number): number {
    return Math.max(0, Math.round(timeMs - this.#startedAtMs)) / 1000;
  }

  #line(value: unknown): void {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    for (let at = 0; at < line.length;) at += writeSync(this.#fd, line, at);
    this.#bytes += line.length;
  }
}

/** Length of the longest prefix that does not end inside a UTF-8 character. */
function completeUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
