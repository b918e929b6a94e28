import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Framing of native/PROTOCOL.md for the tests of the native binaries. */

export function encodeMessage(operation: string, values: readonly string[] = []): Buffer {
  const body = Buffer.from([operation, ...values].map((text) => `${text}\0`).join(""), "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

export function encodeFrame(channel: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(5);
  header.writeUInt8(channel);
  header.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

export interface Reply {
  status: string;
  values: string[];
  get(key: string): string | undefined;
  all(key: string): string[];
}

/** One connection with everything it received; reads wait for what they ask for, or for the end. */
export class TestConnection {
  #received = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  #waiting: (() => void)[] = [];
  ended = false;

  constructor(readonly socket: Socket) {
    const wake = () => this.#waiting.splice(0).forEach((resume) => resume());
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#chunkBytes += chunk.length;
      wake();
    });
    socket.on("error", () => undefined);
    socket.on("end", () => ((this.ended = true), wake()));
    socket.on("close", () => ((this.ended = true), wake()));
  }

  static async open(path: string): Promise<TestConnection> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, "connect");
    return new TestConnection(socket);
  }

  /** Waits; what came is joined only once `bytes` are there, so that reading much stays linear. */
  async #until(bytes: number, ready: () => boolean): Promise<boolean> {
    for (;;) {
      if (this.ended || this.#received.length + this.#chunkBytes >= bytes) {
        if (this.#chunkBytes > 0) this.#received = Buffer.concat([this.#received, ...this.#chunks.splice(0)]);
        this.#chunkBytes = 0;
        if (ready()) return true;
      }
      if (this.ended) return false;
      await new Promise<void>((resume) => this.#waiting.push(resume));
    }
  }

  /** Exactly `count` bytes; fails when the connection ends before. */
  async read(count: number): Promise<Buffer> {
    if (!(await this.#until(count, () => this.#received.length >= count)))
      throw new Error(`the connection ended after ${this.#received.length} of ${count} bytes`);
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return Buffer.from(bytes);
  }

  /** Everything up to and with `text`. */
  async readUntil(text: string): Promise<string> {
    if (!(await this.#until(0, () => this.#received.includes(text))))
      throw new Error(`the connection ended without ${JSON.stringify(text)}: ${this.#received.toString()}`);
    return (await this.read(this.#received.indexOf(text) + Buffer.byteLength(text))).toString("utf8");
  }

  async readToEnd(): Promise<Buffer> {
    await this.#until(Infinity, () => false);
    return this.read(this.#received.length);
  }

  async reply(): Promise<Reply> {
    const length = (await this.read(4)).readUInt32BE();
    const strings = (await this.read(length)).toString("utf8").split("\0").slice(0, -1);
    const [status = "", ...values] = strings;
    const all = (key: string) =>
      values.filter((value) => value.startsWith(`${key}=`)).map((value) => value.slice(key.length + 1));
    return { status, values, all, get: (key) => all(key)[0] };
  }

  async frame(): Promise<{ channel: number; payload: Buffer }> {
    const header = await this.read(5);
    return { channel: header.readUInt8(), payload: await this.read(header.readUInt32BE(1)) };
  }

  /** Frames to the exit status. */
  async result(): Promise<{
    stdout: Buffer;
    stderr: Buffer;
    exit: { exitCode: number; timedOut?: boolean };
  }> {
    const output: Buffer[][] = [[], [], []];
    for (;;) {
      const { channel, payload } = await this.frame();
      if (channel === 3)
        return {
          stdout: Buffer.concat(output[1]!),
          stderr: Buffer.concat(output[2]!),
          exit: JSON.parse(payload.toString("utf8")) as { exitCode: number; timedOut?: boolean },
        };
      output[channel]!.push(payload);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Sends a request and reads the reply; the connection goes on. */
export async function request(
  path: string,
  operation: string,
  values: readonly string[] = [],
): Promise<{ connection: TestConnection; reply: Reply }> {
  const connection = await TestConnection.open(path);
  connection.socket.write(encodeMessage(operation, values));
  return { connection, reply: await connection.reply() };
}

/** For operations that are over with their reply. */
export async function call(path: string, operation: string, values: readonly string[] = []): Promise<Reply> {
  const { connection, reply } = await request(path, operation, values);
  connection.close();
  return reply;
}
