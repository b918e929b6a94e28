import { connect, type Socket } from "node:net";
import { AppError, errorCodes, type ErrorCode } from "@/lib/core/app-error";

/** What a node's PID 1 answered: the `key=value` strings after `ok`; a key may repeat. */
export class InitReply {
  constructor(private readonly fields: string[]) {}

  /** The first value of `key`; undefined when it is absent. */
  get(key: string): string | undefined {
    return this.all(key)[0];
  }

  number(key: string): number {
    const value = this.get(key);
    if (value === undefined || !/^-?\d+$/.test(value))
      throw new AppError("internal", `A node's PID 1 answered without a number for ${key}.`);
    return Number(value);
  }

  all(key: string): string[] {
    const prefix = `${key}=`;
    return this.fields.filter((field) => field.startsWith(prefix)).map((field) => field.slice(prefix.length));
  }
}

export type InitFields = [key: string, value: string | number | boolean][];

/** A reply is refused beyond this: PID 1 is ours, but the node around it is a student's. */
const replyBytesMax = 4 << 20;

/**
 * Sends one operation to the PID 1 that listens at `path` and reads the reply. The socket comes back paused, at the
 * first byte of the operation's stream, and is the caller's to destroy.
 * Throws the error that PID 1 answered, `unavailable` when the node is down, `timeout` past `timeoutMs`.
 */
export async function openInit(
  path: string,
  operation: string,
  fields: InitFields = [],
  timeoutMs = 10_000,
): Promise<{ reply: InitReply; socket: Socket }> {
  // Before there is a socket: what it throws inside one of its events would end labd and not this call.
  const request = encodeRequest(operation, fields);
  // A dialled peer may close its side first and still read: HTTP/1.0 clients and netcat do.
  const socket = connect({ path, allowHalfOpen: operation === "dial" });
  socket.on("error", () => socket.destroy());
  try {
    const strings = await new Promise<string[]>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new AppError("timeout", `A node's PID 1 did not answer ${operation} in ${timeoutMs} ms.`)),
        timeoutMs,
      );
      socket.once("error", (cause) => reject(unreachable(operation, cause)));
      socket.once("close", () => reject(unreachable(operation)));
      socket.once("connect", () => socket.write(request));
      readReply(socket, resolve, reject);
      const stop = () => clearTimeout(timer);
      socket.once("close", stop).once("examctl-reply", stop);
    });
    socket.removeAllListeners("close");
    if (strings[0] !== "ok") throw initError(new InitReply(strings.slice(1)));
    return { reply: new InitReply(strings.slice(1)), socket };
  } catch (failure) {
    socket.destroy();
    throw failure;
  }
}

/** An operation without a stream. */
export async function callInit(
  path: string,
  operation: string,
  fields: InitFields = [],
  timeoutMs = 10_000,
): Promise<InitReply> {
  const { reply, socket } = await openInit(path, operation, fields, timeoutMs);
  socket.destroy();
  return reply;
}

export function encodeRequest(operation: string, fields: InitFields): Buffer {
  const strings = [operation, ...fields.map(([key, value]) => `${key}=${encodeValue(value)}`)];
  for (const text of strings)
    if (text.includes("\0")) throw new AppError("invalid", "A value for a node contains a NUL character.");
  const body = Buffer.from(strings.map((text) => `${text}\0`).join(""), "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

function encodeValue(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

function readReply(
  socket: Socket,
  resolve: (strings: string[]) => void,
  reject: (failure: Error) => void,
): void {
  // Joined only once it is all there: a reply that drips in byte by byte must not be copied as often.
  const chunks: Buffer[] = [];
  let bytes = 0;
  let wanted = 4;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < wanted) return;
    let received = Buffer.concat(chunks);
    if (wanted === 4) {
      const length = received.readUInt32BE(0);
      if (length > replyBytesMax)
        return reject(new AppError("internal", "A node's PID 1 answered with more than fits a reply."));
      wanted += length;
      if (bytes < wanted) return void chunks.splice(0, chunks.length, received);
    }
    socket.off("data", onData);
    socket.pause();
    const rest = received.subarray(wanted);
    if (rest.length > 0) socket.unshift(rest);
    socket.emit("examctl-reply");
    received = received.subarray(4, wanted);
    resolve(received.toString("utf8").split("\0").slice(0, -1));
  };
  socket.on("data", onData);
}

function initError(reply: InitReply): AppError {
  const code = reply.get("code") ?? "internal";
  const known = (errorCodes as readonly string[]).includes(code) ? (code as ErrorCode) : "internal";
  return new AppError(known, reply.get("message") ?? "The node refused without a reason.");
}

function unreachable(operation: string, cause?: unknown): AppError {
  return new AppError("unavailable", `The node does not answer (${operation}): it is stopped or starting.`, {
    cause,
  });
}
