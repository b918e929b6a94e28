/**
 * The framing of native/PROTOCOL.md: u32 big-endian length, then NUL-terminated strings, the first one the operation,
 * the others key=value.
 */
const messageBytesMax = 256 * 1024;
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

/** Collects a stream's bytes into messages. `push` throws when they are not of the protocol. */
export class MessageReader {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Message[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Message[] = [];
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32BE(0);
      if (length === 0 || length > messageBytesMax) throw new Error("A message is too long.");
      if (this.#pending.length < 4 + length) break;
      messages.push(parse(this.#pending.subarray(4, 4 + length)));
      this.#pending = this.#pending.subarray(4 + length);
    }
    return messages;
  }
}

function parse(body: Buffer): Message {
  const [operation = "", ...fields] = body.toString("utf8").split("\0").slice(0, -1);
  if (fields.length > stringsMax) throw new Error("A message has too many strings.");
  const all = (key: string) =>
    fields.filter((field) => field.startsWith(`${key}=`)).map((field) => field.slice(key.length + 1));
  return { operation, all, get: (key) => all(key)[0] };
}
