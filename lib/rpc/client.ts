import { Agent, request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { AppError, errorCodes, type ErrorCode } from "@/lib/core/app-error";
import {
  replyHeader,
  streamProtocol,
  type MethodInput,
  type MethodName,
  type MethodOutput,
  type RpcContract,
  type RpcErrorBody,
  type StreamInput,
  type StreamName,
  type StreamReply,
} from "./contract";

export interface CallOptions {
  /** Default: that of the client, 30 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface RpcClient<C extends RpcContract> {
  /** Throws the AppError that the other side threw, or `unavailable` / `timeout`. */
  call<M extends MethodName<C>>(
    method: M,
    input: MethodInput<C, M>,
    options?: CallOptions,
  ): Promise<MethodOutput<C, M>>;
  /** Opens a raw byte stream; the socket arrives paused and must be destroyed by the caller. */
  open<S extends StreamName<C>>(
    stream: S,
    input: StreamInput<C, S>,
    options?: CallOptions,
  ): Promise<{ reply: StreamReply<C, S>; socket: Socket }>;
  close(): void;
}

/**
 * A client of the process that listens at `socketPath`; `peer` is its name in error sentences, `timeoutMs` the deadline of
 * a call that names none.
 */
export function createRpcClient<C extends RpcContract>(
  contract: C,
  socketPath: string,
  peer: string,
  { timeoutMs = 30_000 }: { timeoutMs?: number } = {},
): RpcClient<C> {
  const deadline = (options: CallOptions): AbortSignal => {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
    return options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    async call(method, input, options = {}) {
      const body = JSON.stringify(input);
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const outgoing = request(
          {
            socketPath,
            agent,
            method: "POST",
            path: `/rpc/${encodeURIComponent(method)}`,
            headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
            signal: deadline(options),
          },
          resolve,
        );
        outgoing.on("error", reject);
        outgoing.end(body);
      }).catch((cause: unknown) => {
        throw unreachable(peer, method, cause);
      });
      const text = await readText(response).catch((cause: unknown) => {
        throw unreachable(peer, method, cause);
      });
      if (response.statusCode !== 200) throw fromBody(text, peer, method);
      return contract.methods[method]!.output.parse(JSON.parse(text)) as never;
    },

    open(stream, input, options = {}) {
      return new Promise((resolve, reject) => {
        const query = new URLSearchParams({ input: JSON.stringify(input) });
        const outgoing = request({
          socketPath,
          path: `/stream/${stream}?${query}`,
          headers: { connection: "Upgrade", upgrade: streamProtocol },
          timeout: options.timeoutMs ?? timeoutMs,
        });
        outgoing.on("timeout", () =>
          outgoing.destroy(new AppError("timeout", `${peer} did not answer ${stream}.`)),
        );
        outgoing.on("error", (cause) => reject(unreachable(peer, stream, cause)));
        outgoing.on("response", (response) => {
          readText(response).then((text) => reject(fromBody(text, peer, stream)), reject);
        });
        outgoing.on("upgrade", (response, socket, head) => {
          socket.setTimeout(0);
          socket.pause();
          if (head.length > 0) socket.unshift(head);
          const reply = JSON.parse(decodeURIComponent(String(response.headers[replyHeader]))) as unknown;
          resolve({ reply: contract.streams[stream]!.reply.parse(reply) as never, socket: socket as Socket });
        });
        outgoing.end();
      });
    },

    close: () => agent.destroy(),
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function unreachable(peer: string, what: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  // An aborted request fails with an AbortError whose cause is the signal's reason.
  if ([cause, (cause as Error).cause].some((one) => (one as Error | undefined)?.name === "TimeoutError"))
    return new AppError("timeout", `${peer} did not answer ${what} in time.`, { cause });
  return new AppError("unavailable", `${peer} cannot be reached for ${what} (${code ?? message}).`, {
    cause,
  });
}

function fromBody(text: string, peer: string, what: string): AppError {
  try {
    const { error } = JSON.parse(text) as RpcErrorBody;
    const code = (errorCodes as readonly string[]).includes(error.code)
      ? (error.code as ErrorCode)
      : "internal";
    return new AppError(code, error.message, { details: error.details });
  } catch (cause) {
    return new AppError("internal", `${peer} answered ${what} with something that is not ours.`, { cause });
  }
}
