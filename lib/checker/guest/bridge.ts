/**
 * The only way out of the sandbox: JSON text over two functions that the host put there. Nothing of the host is ever
 * an object in here, so there is nothing to climb out by.
 */

/** What the guest may ask of the host. The host's side, with its limits, is lib/checker/host/answer-calls.ts. */
export interface HostCalls {
  get: {
    params: { resource: Resource; namespace?: string; name: string; cluster?: string };
    value: unknown;
  };
  list: {
    params: {
      resource: Resource;
      namespace?: string;
      labelSelector?: string;
      fieldSelector?: string;
      cluster?: string;
    };
    value: unknown[];
  };
  exec: {
    params: { place: PlaceRef; argv: string[]; stdin?: string; timeoutMs?: number };
    value: ExecValue;
  };
  readFile: { params: { node: string; path: string }; value: FileValue | null };
  http: { params: { place: PlaceRef; request: HttpRequest }; value: HttpValue };
  dns: { params: { place: PlaceRef; query: DnsQuery }; value: DnsValue };
  sleep: { params: { ms: number }; value: null };
}

export interface Resource {
  /** "" is the core group. */
  group: string;
  version: string;
  plural: string;
}

export type PlaceRef =
  | { node: string }
  | { namespace: string; pod: string; container?: string; cluster?: string };

export interface ExecValue {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Output past the limit was dropped. */
  truncated: boolean;
  timedOut: boolean;
}

export interface FileValue {
  text: string;
  /** 0o644 */
  mode: number;
  sizeBytes: number;
}

export interface HttpRequest {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Connects there instead of resolving the URL's host: "192.168.1.3:30080". */
  connectTo?: string;
  /** Accepts any certificate. */
  insecure?: boolean;
  followRedirects?: boolean;
  timeoutMs?: number;
}

export interface HttpValue {
  /** 0 when no answer came; then `error` says why. */
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
  error: string;
}

export interface DnsQuery {
  name: string;
  type?: "A" | "AAAA" | "CNAME" | "MX" | "NS" | "PTR" | "SRV" | "TXT";
  /** The resolver to ask; without it the one of /etc/resolv.conf, search domains included. */
  server?: string;
  timeoutMs?: number;
}

export interface DnsValue {
  /** "NOERROR", "NXDOMAIN", "SERVFAIL" ..., or "TIMEOUT" when nobody answered. */
  status: string;
  answers: { name: string; type: string; ttl: number; data: string }[];
}

/** A call that the host refused or that failed. `code` is one of AppError's codes. */
export class HostCallError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "HostCallError";
    this.code = code;
  }
}

export interface CompareValue {
  same: boolean;
  /** Why the answer cannot be read as its type: a sentence for the student. */
  problem?: string;
}

type HostFunction = (json: string) => string;
const scope = globalThis as unknown as Record<string, HostFunction | undefined>;
// Taken away from the global object: only this module speaks to the host.
const send = scope.__examctlSend!;
const compareOnHost = scope.__examctlCompare!;
delete scope.__examctlSend;
delete scope.__examctlCompare;

const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let lastId = 0;

export function call<M extends keyof HostCalls>(
  method: M,
  params: HostCalls[M]["params"],
): Promise<HostCalls[M]["value"]> {
  return new Promise((resolve, reject) => {
    const id = ++lastId;
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    send(JSON.stringify({ type: "call", id, method, params }));
  });
}

/** Typed comparison on the host, where patterns run in linear time. */
export function compare(type: string, expected: unknown, given: unknown): CompareValue {
  const reply = JSON.parse(compareOnHost(JSON.stringify({ type, expected, given }))) as
    | CompareValue
    | { error: string };
  if ("error" in reply) throw new HostCallError("invalid", reply.error);
  return reply;
}

export function sendResult(result: unknown): void {
  send(JSON.stringify({ type: "result", result }));
}

interface Reply {
  type: "reply";
  id: number;
  value?: unknown;
  error?: { code: string; message: string };
}

/** Registers who takes what the host sends; replies to calls are settled here. */
export function receive(onMessage: (message: { type: string }) => void): void {
  scope.__examctlReceive = (json: string) => {
    const message = JSON.parse(json) as { type: string } | Reply;
    if (message.type !== "reply") {
      onMessage(message);
      return "";
    }
    const { id, value, error } = message as Reply;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(new HostCallError(error.code, error.message));
    else call?.resolve(value);
    return "";
  };
}
