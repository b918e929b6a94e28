/**
 * The framing of native/PROTOCOL.md: u32 big-endian length, then NUL-terminated strings, the first one the operation,
 * the others key=value.
 */
const messageBytesMax = 8 << 20;
/** What the readers of one server hold together: a process that never ends a message is a student's at worst. */
export const pendingBytesMax = 64 << 20;
const stringsMax = 2048;

export interface Message {
  operation: string;
  /** The first value of a key. */
  get(key: string): string | undefined;
  all(key: string): string[];
}

export function encodeMessage(operation: string, fields: [key: string, value: string | number][]): Buffer {
  const strings = [operation, ...fields.map(([key, value]) => `${key}=${value}`)];
  // A NUL would end the string it stands in.
  const body = Buffer.from(strings.map((text) => `${text.replaceAll("\0", "")}\0`).join(""), "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/** How many bytes of unfinished messages the readers of one server hold. */
export interface PendingBytes {
  count: number;
}

/** Collects a stream's bytes into messages. `push` throws when they are not of the protocol, or too many are pending. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of the message under way, with its head; unknown until four bytes are there. */
  #wanted = 4;

  constructor(private readonly pending: PendingBytes = { count: 0 }) {}

  push(chunk: Buffer): Message[] {
    this.#chunks.push(chunk);
    this.#count(chunk.length);
    const messages: Message[] = [];
    while (this.#bytes >= this.#wanted) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [all];
      const length = all.readUInt32BE(0);
      if (length === 0 || length > messageBytesMax) throw new Error("A message is too long.");
      this.#wanted = 4 + length;
      if (all.length < this.#wanted) break;
      messages.push(parse(all.subarray(4, this.#wanted)));
      this.#chunks = [all.subarray(this.#wanted)];
      this.#count(-this.#wanted);
      this.#wanted = 4;
    }
    if (this.pending.count > pendingBytesMax) throw new Error("Too many messages are unfinished.");
    return messages;
  }

  /** Lets go of what is unfinished. */
  close(): void {
    this.#chunks = [];
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.pending.count += bytes;
  }
}

function parse(body: Buffer): Message {
  const [operation = "", ...fields] = body.toString("utf8").split("\0").slice(0, -1);
  if (fields.length > stringsMax) throw new Error("A message has too many strings.");
  const all = (key: string) =>
    fields.filter((field) => field.startsWith(`${key}=`)).map((field) => field.slice(key.length + 1));
  return { operation, all, get: (key) => all(key)[0] };
}
