import type { z } from "zod";

/**
 * The calls that a process offers over its unix socket. Calls are HTTP: `POST /rpc/<method>` with a JSON body.
 * Streams are `GET /stream/<name>?input=<JSON>` with `Upgrade: examctl-stream`; after the 101, whose
 * `x-examctl-reply` header carries the reply as JSON, the connection is raw bytes both ways.
 */
export interface RpcContract {
  methods: Record<string, { input: z.ZodType; output: z.ZodType }>;
  streams: Record<string, { input: z.ZodType; reply: z.ZodType }>;
}

export function defineRpc<const C extends RpcContract>(contract: C): C {
  return contract;
}

export type MethodName<C extends RpcContract> = keyof C["methods"] & string;
export type StreamName<C extends RpcContract> = keyof C["streams"] & string;
/** What a caller writes (defaults may be left out) and what a handler reads (defaults are filled in). */
export type MethodInput<C extends RpcContract, M extends MethodName<C>> = z.input<C["methods"][M]["input"]>;
export type MethodParsed<C extends RpcContract, M extends MethodName<C>> = z.output<C["methods"][M]["input"]>;
export type MethodOutput<C extends RpcContract, M extends MethodName<C>> = z.output<
  C["methods"][M]["output"]
>;
export type StreamInput<C extends RpcContract, S extends StreamName<C>> = z.input<C["streams"][S]["input"]>;
export type StreamParsed<C extends RpcContract, S extends StreamName<C>> = z.output<C["streams"][S]["input"]>;
export type StreamReply<C extends RpcContract, S extends StreamName<C>> = z.output<C["streams"][S]["reply"]>;

export const streamProtocol = "examctl-stream";
export const replyHeader = "x-examctl-reply";

/** How an error crosses the wall between two processes. */
export interface RpcErrorBody {
  error: { code: string; message: string; details: Record<string, unknown> };
}
