/** Frames of an exec stream: 1 byte channel, 4 bytes big-endian length, payload (lib/contract/labd.ts). */
export const channel = { stdin: 0, stdout: 1, stderr: 2, exit: 3, resize: 4, close: 255 } as const;

export interface Frame {
  channel: number;
  payload: Buffer;
}

/** Larger frames are refused: PID 1 sends none. */
const payloadBytesMax = 1 << 20;

export function encodeFrame(channelNumber: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(channelNumber);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** All of `bytes` as stdin frames of at most 64 KiB, then the close of stdin. */
export function encodeStdin(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 65_536)
    frames.push(encodeFrame(channel.stdin, bytes.subarray(at, at + 65_536)));
  frames.push(encodeFrame(channel.close, Buffer.from([channel.stdin])));
  return Buffer.concat(frames);
}

/** Cuts a byte stream into frames, however it is chunked. Throws RangeError on a frame that is too large. */
export class FrameReader {
  #pending: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): Frame[] {
    this.#pending.push(chunk);
    this.#bytes += chunk.length;
    const frames: Frame[] = [];
    while (this.#bytes >= 5) {
      const head = this.#peek(5);
      const length = head.readUInt32BE(1);
      if (length > payloadBytesMax)
        throw new RangeError(`A frame of ${length} bytes is larger than any may be.`);
      if (this.#bytes < 5 + length) break;
      const whole = this.#peek(5 + length);
      frames.push({ channel: head[0]!, payload: whole.subarray(5) });
      this.#bytes -= whole.length;
      const rest = this.#pending[0]!.subarray(whole.length);
      this.#pending = rest.length > 0 ? [rest, ...this.#pending.slice(1)] : this.#pending.slice(1);
    }
    return frames;
  }

  /** The first `length` bytes, joined in place so that joining happens once. */
  #peek(length: number): Buffer {
    if (this.#pending[0]!.length < length) this.#pending = [Buffer.concat(this.#pending)];
    return this.#pending[0]!.subarray(0, length);
  }
}
