import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import type { CheckProbe } from "../check-probe";
import type { CheckLimits } from "./limits";
import { queryDns } from "./query-dns";
import { requestHttp } from "./request-http";

const text = z.string().max(4096);
const resource = z.object({ group: text, version: text, plural: text });
const namespace = text.optional();
const cluster = text.optional();
const place = z.union([
  z.object({ node: text }).strict(),
  z.object({ namespace: text, pod: text, container: text.optional(), cluster }).strict(),
]);
const timeoutMs = z.number().int().positive().optional();

const calls = z.discriminatedUnion("method", [
  z.object({ method: z.literal("get"), params: z.object({ resource, namespace, name: text, cluster }) }),
  z.object({
    method: z.literal("list"),
    params: z.object({
      resource,
      namespace,
      labelSelector: text.optional(),
      fieldSelector: text.optional(),
      cluster,
    }),
  }),
  z.object({
    method: z.literal("exec"),
    params: z.object({
      place,
      argv: z.array(z.string().max(100_000)).min(1).max(200),
      stdin: z.string().default(""),
      timeoutMs,
    }),
  }),
  z.object({ method: z.literal("readFile"), params: z.object({ node: text, path: text.startsWith("/") }) }),
  z.object({
    method: z.literal("http"),
    params: z.object({
      place,
      request: z.object({
        url: z.url({ protocol: /^https?$/ }).max(4096),
        method: z
          .string()
          .regex(/^[A-Z]{1,20}$/)
          .default("GET"),
        headers: z
          .record(
            z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/),
            z
              .string()
              .regex(/^[^\r\n\0]*$/)
              .max(8192),
          )
          .default({}),
        body: z.string().optional(),
        connectTo: z
          .string()
          .regex(/^[\w.[\]:-]+:\d+$/)
          .optional(),
        insecure: z.boolean().default(false),
        followRedirects: z.boolean().default(false),
        timeoutMs,
      }),
    }),
  }),
  z.object({
    method: z.literal("dns"),
    params: z.object({
      place,
      query: z.object({
        name: z.string().regex(/^[\w*.-]{1,255}$/),
        type: z.enum(["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"]).default("A"),
        server: z
          .string()
          .regex(/^[\w.:-]{1,255}$/)
          .optional(),
        timeoutMs,
      }),
    }),
  }),
  z.object({ method: z.literal("sleep"), params: z.object({ ms: z.number().min(0).max(60_000) }) }),
]);
export type HttpCall = Extract<z.infer<typeof calls>, { method: "http" }>["params"];
export type DnsCall = Extract<z.infer<typeof calls>, { method: "dns" }>["params"];

const envelope = z.object({ id: z.number().int(), method: z.string(), params: z.unknown() });

/**
 * Answers the host calls of one check: at most `callsAtOnce` at a time, each with a deadline, with bounded replies.
 * A call never rejects: what fails is a reply that the guest gets as an exception.
 */
export class CallAnswerer {
  readonly #probe: CheckProbe;
  readonly #limits: CheckLimits;
  readonly #signal: AbortSignal;
  readonly #queue: (() => void)[] = [];
  #active = 0;
  #replied = 0;

  constructor(probe: CheckProbe, limits: CheckLimits, signal: AbortSignal) {
    this.#probe = probe;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** The reply to send, as JSON; undefined when the check is over. */
  async answer(json: string): Promise<string | undefined> {
    let id = -1;
    try {
      const message = envelope.parse(JSON.parse(json));
      id = message.id;
      const call = calls.safeParse({ method: message.method, params: message.params });
      if (!call.success) throw new AppError("invalid", `${message.method}: ${z.prettifyError(call.error)}`);
      const value = await this.#inTurn(() => this.#perform(call.data));
      if (this.#signal.aborted) return undefined;
      return `{"type":"reply","id":${id},"value":${this.#toBoundedJson(value ?? null)}}`;
    } catch (failure) {
      if (this.#signal.aborted) return undefined;
      const error = AppError.from(failure, "The cluster could not be asked.");
      return JSON.stringify({
        type: "reply",
        id,
        error: { code: error.code, message: error.message.slice(0, 2000) },
      });
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#limits.callsAtOnce)
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#active++;
    try {
      return await work();
    } finally {
      this.#active--;
      this.#queue.shift()?.();
    }
  }

  /** Lists are written item by item, so that a cluster full of large objects costs no more than the limit. */
  #toBoundedJson(value: unknown): string {
    const { replyCharsMax, replyCharsTotal } = this.#limits;
    const parts: string[] = [];
    let chars = 0;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const json = JSON.stringify(item) ?? "null";
      parts.push(json);
      chars += json.length + 1;
      this.#replied += json.length + 1;
      if (chars > replyCharsMax || this.#replied > replyCharsTotal)
        throw new AppError(
          "exhausted",
          "The cluster's answer is too large for a check: ask for less (a namespace, a selector, a part of a file).",
        );
    }
    return Array.isArray(value) ? `[${parts.join(",")}]` : parts[0]!;
  }

  #perform(call: z.infer<typeof calls>): Promise<unknown> {
    const { outputBytesMax, execTimeoutMs } = this.#limits;
    const timeout = (wanted: number | undefined, usual: number) => Math.min(wanted ?? usual, execTimeoutMs);
    switch (call.method) {
      case "get":
        return this.#probe.get(
          call.params.resource,
          call.params.namespace,
          call.params.name,
          call.params.cluster,
        );
      case "list": {
        const { resource, ...filter } = call.params;
        return this.#probe.list(resource, filter);
      }
      case "exec": {
        const { place, argv, stdin, timeoutMs } = call.params;
        return this.#probe.exec(place, {
          argv,
          stdin,
          timeoutMs: timeout(timeoutMs, 10_000),
          outputBytesMax,
        });
      }
      case "readFile":
        return this.#probe.readFile(call.params.node, call.params.path, outputBytesMax);
      case "http":
        return requestHttp(
          this.#probe,
          call.params,
          timeout(call.params.request.timeoutMs, 5000),
          outputBytesMax,
        );
      case "dns":
        return queryDns(this.#probe, call.params, timeout(call.params.query.timeoutMs, 5000), outputBytesMax);
      case "sleep":
        return pause(call.params.ms, this.#signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
