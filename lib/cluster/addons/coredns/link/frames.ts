/** Frames of dns.sock (native/PROTOCOL.md): u32 big-endian length, one letter that says which, then its fields. */

export const frameBytesMax = 1024 * 1024;

export interface Frame {
  kind: string;
  body: Buffer;
}

/** Cuts a byte stream into frames. Throws RangeError for a frame that is too long or empty. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Frame> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32BE(0);
      if (length < 1 || length > frameBytesMax) throw new RangeError(`a frame of ${length} bytes`);
      if (this.#pending.length < 4 + length) return;
      const frame = this.#pending.subarray(4, 4 + length);
      this.#pending = this.#pending.subarray(4 + length);
      yield { kind: String.fromCharCode(frame[0]!), body: frame.subarray(1) };
    }
  }
}

export function encodeFrame(kind: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat([Buffer.from(kind), ...parts.map((part) => Buffer.from(part as string))]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `count` texts that end with a NUL each, and what follows them. Throws RangeError when one has no end. */
export function takeTexts(body: Buffer, count: number): { texts: string[]; rest: Buffer } {
  const texts: string[] = [];
  let rest = body;
  for (let index = 0; index < count; index++) {
    const end = rest.indexOf(0);
    if (end < 0) throw new RangeError("a text without its end");
    texts.push(rest.toString("utf8", 0, end));
    rest = rest.subarray(end + 1);
  }
  return { texts, rest };
}
