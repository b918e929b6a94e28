import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { z } from "zod";
import { AppError, httpStatusOf } from "@/lib/core/app-error";
import type { Logger } from "@/lib/core/logger";
import {
  replyHeader,
  streamProtocol,
  type MethodName,
  type MethodOutput,
  type MethodParsed,
  type RpcContract,
  type RpcErrorBody,
  type StreamName,
  type StreamParsed,
  type StreamReply,
} from "./contract";

export interface CallContext {
  /** Aborted when the caller goes away before the answer. */
  signal: AbortSignal;
}

export type RpcHandlers<C extends RpcContract> = {
  [M in MethodName<C>]: (input: MethodParsed<C, M>, context: CallContext) => Promise<MethodOutput<C, M>>;
};

/** Opens the stream or throws; `attach` gets the caller's raw socket, paused, after the 101 is written. */
export type StreamHandlers<C extends RpcContract> = {
  [S in StreamName<C>]: (
    input: StreamParsed<C, S>,
  ) => Promise<{ reply: StreamReply<C, S>; attach: (socket: Socket) => void }>;
};

export interface RpcServerOptions {
  logger: Logger;
  /** Largest request body in bytes; default 32 MiB (files of a node travel in it). */
  bodyBytesMax?: number;
  /** Sees every upgrade first (WebSockets on the same socket); true: it was taken. */
  onUpgrade?: (request: IncomingMessage, socket: Socket, head: Buffer) => boolean;
}

/** An HTTP server for a contract, not yet listening: see `listenOnSocket` of lib/core. */
export function createRpcServer<C extends RpcContract>(
  contract: C,
  handlers: RpcHandlers<C>,
  streams: StreamHandlers<C>,
  options: RpcServerOptions,
): Server {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(contract, handlers, options, request, response).catch((failure: unknown) => {
      sendError(response, failure, options.logger, request.url ?? "");
    });
  });
  server.on("upgrade", (request, socket, head) => {
    if (options.onUpgrade?.(request, socket as Socket, head)) return;
    upgrade(contract, streams, request, socket as Socket, head).catch((failure: unknown) => {
      const error = toAppError(failure, options.logger, request.url ?? "");
      const body = JSON.stringify(errorBody(error));
      socket.end(
        `HTTP/1.1 ${httpStatusOf[error.code]} Error\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
    });
  });
  return server;
}

async function answer<C extends RpcContract>(
  contract: C,
  handlers: RpcHandlers<C>,
  options: RpcServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = decodeURIComponent((request.url ?? "").replace(/^\/rpc\//, ""));
  const method = Object.hasOwn(contract.methods, name) ? contract.methods[name] : undefined;
  if (request.method !== "POST" || !method) throw new AppError("not-found", `No such call: ${name}`);
  const body = await readBody(request, options.bodyBytesMax ?? 32 << 20);
  const input = parse(method.input, body.length === 0 ? {} : parseJson(body), name);
  const controller = new AbortController();
  response.once("close", () => controller.abort(new AppError("unavailable", "The caller went away.")));
  const handler = handlers[name as MethodName<C>];
  const output = await handler(input as never, { signal: controller.signal });
  const text = JSON.stringify(output ?? {});
  response.writeHead(200, { "content-type": "application/json" }).end(text);
}

async function upgrade<C extends RpcContract>(
  contract: C,
  streams: StreamHandlers<C>,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const url = new URL(request.url ?? "", "http://socket");
  const name = url.pathname.replace(/^\/stream\//, "");
  const stream = Object.hasOwn(contract.streams, name) ? contract.streams[name] : undefined;
  if (!stream || request.headers.upgrade !== streamProtocol)
    throw new AppError("not-found", `No such stream: ${name}`);
  const input = parse(stream.input, parseJson(Buffer.from(url.searchParams.get("input") ?? "{}")), name);
  const { reply, attach } = await streams[name as StreamName<C>](input as never);
  socket.setNoDelay(true);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${streamProtocol}\r\n` +
      `${replyHeader}: ${encodeURIComponent(JSON.stringify(reply))}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  attach(socket);
}

function parse<S extends z.ZodType>(schema: S, value: unknown, name: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid", `${name}: ${z.prettifyError(parsed.error)}`, {
    details: { issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })) },
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch (cause) {
    throw new AppError("invalid", "The request is not JSON.", { cause });
  }
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) throw new AppError("invalid", `The request is larger than ${bytesMax} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function toAppError(failure: unknown, logger: Logger, url: string): AppError {
  const error = AppError.from(failure);
  if (error.code === "internal") logger.error({ err: failure, url: url.split("?")[0] }, "call failed");
  return error;
}

function errorBody(error: AppError): RpcErrorBody {
  return { error: { code: error.code, message: error.message, details: error.details } };
}

function sendError(response: ServerResponse, failure: unknown, logger: Logger, url: string): void {
  const error = toAppError(failure, logger, url);
  if (response.headersSent) return void response.destroy();
  response.writeHead(httpStatusOf[error.code], { "content-type": "application/json" });
  response.end(JSON.stringify(errorBody(error)));
}
