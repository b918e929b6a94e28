import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { Duplex } from "node:stream";
import { spdyDictionary } from "./spdy-dictionary";

/**
 * SPDY/3.1 framing as moby/spdystream speaks it (what kubectl calls "SPDY/3.1" for exec and port-forward): streams with
 * headers, data frames, no flow control. Only what a server needs.
 */
const type = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
};
const flagFin = 1;
const frameBytesMax = 8 << 20;
const streamsMax = 1000;

/** One stream of a session; headers are lower-cased names with their values. */
export class SpdyStream extends Duplex {
  constructor(
    readonly id: number,
    readonly headers: Record<string, string>,
    readonly session: SpdySession,
  ) {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    this.session.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.session.sendData(this.id, chunk, false, done);
  }

  override _final(done: () => void): void {
    this.session.sendData(this.id, Buffer.alloc(0), true, done);
  }

  override _destroy(failure: Error | null, done: (failure: Error | null) => void): void {
    this.session.forget(this.id, failure !== null);
    done(failure);
  }
}

/** A session over a byte stream: a hijacked connection, or the binary messages of a WebSocket. */
export class SpdySession {
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflate: Inflate = createInflate({ dictionary: spdyDictionary });
  readonly #deflate: Deflate = createDeflate({ dictionary: spdyDictionary });
  #rest: Buffer = Buffer.alloc(0);
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    readonly transport: Duplex,
    readonly onStream: (stream: SpdyStream) => void,
  ) {
    transport.on("data", (chunk: Buffer) => {
      // Header blocks share one compression state: frames are handled strictly in order.
      this.#work = this.#work.then(() => this.#receive(chunk)).catch(() => this.close());
    });
    transport.on("close", () => this.close());
    transport.on("error", () => this.close());
    this.#inflate.on("error", () => this.close());
  }

  /** Called once when the connection is gone. */
  onClose: () => void = () => undefined;

  resume(): void {
    if (!this.#closed) this.transport.resume();
  }

  sendData(id: number, data: Buffer, fin: boolean, done: () => void): void {
    if (this.#closed) return done();
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id & 0x7fffffff, 0);
    head.writeUInt32BE(((fin ? flagFin : 0) << 24) | data.length, 4);
    if (this.transport.write(Buffer.concat([head, data]))) done();
    else this.transport.once("drain", done);
  }

  forget(id: number, reset: boolean): void {
    if (!this.#streams.delete(id) || !reset) return;
    const body = Buffer.alloc(8);
    body.writeUInt32BE(id, 0);
    body.writeUInt32BE(5, 4); // CANCEL
    this.#control(type.rstStream, 0, body);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#inflate.close();
    this.#deflate.close();
    this.transport.destroy();
    this.onClose();
  }

  async #receive(chunk: Buffer): Promise<void> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (!this.#closed && this.#rest.length >= 8) {
      const length = this.#rest.readUInt32BE(4) & 0xffffff;
      if (length > frameBytesMax) return this.close();
      if (this.#rest.length < 8 + length) return;
      const head = this.#rest.subarray(0, 8);
      const body = this.#rest.subarray(8, 8 + length);
      this.#rest = this.#rest.subarray(8 + length);
      const first = head.readUInt32BE(0);
      const flags = head[4]!;
      if (first & 0x80000000) await this.#controlFrame(first & 0xffff, flags, body);
      else this.#dataFrame(first, flags, body);
    }
  }

  #dataFrame(id: number, flags: number, body: Buffer): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (body.length > 0 && !stream.push(Buffer.from(body))) this.transport.pause();
    if (flags & flagFin) stream.push(null);
  }

  async #controlFrame(kind: number, flags: number, body: Buffer): Promise<void> {
    if (kind === type.synStream) {
      const id = body.readUInt32BE(0) & 0x7fffffff;
      const headers = await this.#headers(body.subarray(10));
      if (this.#streams.size >= streamsMax) return this.close();
      const stream = new SpdyStream(id, headers, this);
      stream.on("error", () => undefined);
      this.#streams.set(id, stream);
      const reply = Buffer.alloc(4);
      reply.writeUInt32BE(id, 0);
      this.#control(type.synReply, 0, Buffer.concat([reply, await this.#compress(Buffer.alloc(4))]));
      if (flags & flagFin) stream.push(null);
      this.onStream(stream);
    } else if (kind === type.headers) await this.#headers(body.subarray(4));
    else if (kind === type.rstStream) this.#streams.get(body.readUInt32BE(0) & 0x7fffffff)?.destroy();
    else if (kind === type.ping) this.#control(type.ping, 0, body);
    else if (kind === type.goAway) this.close();
  }

  #control(kind: number, flags: number, body: Buffer): void {
    if (this.#closed) return;
    const head = Buffer.alloc(8);
    head.writeUInt32BE((0x80030000 | kind) >>> 0, 0);
    head.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4);
    this.transport.write(Buffer.concat([head, body]));
  }

  async #headers(block: Buffer): Promise<Record<string, string>> {
    const plain = await through(this.#inflate, block);
    const headers: Record<string, string> = {};
    let at = 4;
    const read = () => {
      const length = plain.readUInt32BE(at);
      at += 4 + length;
      return plain.toString("utf8", at - length, at);
    };
    for (let left = plain.readUInt32BE(0); left > 0; left--) {
      const name = read().toLowerCase();
      headers[name] = read();
    }
    return headers;
  }

  #compress(plain: Buffer): Promise<Buffer> {
    return through(this.#deflate, plain);
  }
}

/** Feeds one block through a stream that keeps its state, and takes what it gives up to the sync flush. */
function through(stream: Inflate | Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > frameBytesMax) finish(new Error("a header block is too large"));
    };
    const finish = (failure?: Error) => {
      stream.off("data", onData);
      if (failure) reject(failure);
      else resolve(Buffer.concat(chunks));
    };
    stream.on("data", onData);
    stream.write(block);
    stream.flush(constants.Z_SYNC_FLUSH, () => finish());
  });
}
