import type { Clock } from "@/lib/core/clock";
import { Dispenser } from "./caddyfile/dispenser";
import type { Token } from "./caddyfile/tokens";
import type { KubernetesView } from "./kubernetes/view";
import { isWithin, normalName } from "./dns/names";
import { rcodes, type DnsMessage, type Question, type ResourceRecord } from "./dns/types";
import type { Metrics } from "./metrics";

/** A query on its way through a server's plugins. */
export interface Query {
  /** What is asked now: `rewrite` may have changed it. */
  question: Question;
  /** As it came in. */
  message: DnsMessage;
  messageBytes: number;
  protocol: "udp" | "tcp";
  client: { ip: string; port: number };
  receivedAtMs: number;
  /** How many lookups for the targets of aliases led here. */
  depth: number;
}

export interface Reply {
  rcode: number;
  authoritative: boolean;
  truncated?: boolean;
  recursionAvailable?: boolean;
  answers: ResourceRecord[];
  authority: ResourceRecord[];
  additional: ResourceRecord[];
}

/** As ServeDNS of CoreDNS: a reply, or the rcode that the server is to send, and why. */
export interface Outcome {
  rcode: number;
  reply?: Reply;
  error?: string;
}

export type Handler = (query: Query) => Promise<Outcome>;

export interface Plugin {
  name: string;
  /** Undefined for those that answer nothing, such as `health`. */
  wrap?(next: Handler): Handler;
  /** Asked by /ready until it is true once. */
  isReady?(): boolean;
}

/** The process that runs in the pod: everything that a plugin does outside itself goes through it. */
export interface Process {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Throws Error with Go's text: `open /x: no such file or directory`. */
  readFile(path: string): Promise<string>;
  glob(pattern: string): Promise<string[]>;
  /** One message there and one back, in the pod's network. Throws Error with Go's text of the failure. */
  exchange(network: "udp" | "tcp", address: string, message: Buffer, timeoutMs: number): Promise<Buffer>;
  /** Connects and hangs up. Throws as `exchange`. */
  probe(address: string, timeoutMs: number): Promise<void>;
  /** A line of its log. */
  log(line: string): void;
  /** Ends the process with a last line on stderr. */
  fail(line: string): void;
}

export type HttpKind = "health" | "ready" | "metrics";

/** What all server blocks of one running configuration share. */
export interface Instance {
  readonly process: Process;
  readonly clock: Clock;
  readonly kubernetes: KubernetesView;
  readonly metrics: Metrics;
  /** Aborted when the configuration is replaced or the process ends. */
  readonly signal: AbortSignal;
  /** Where it serves what over HTTP: "host:port" or ":port". */
  readonly http: Map<HttpKind, string>;
  reloadEveryMs: number | undefined;
  lameduckMs: number;
  /** Work to do before it listens (true) or as soon as it does. */
  onStartup(work: () => Promise<void> | void, before?: boolean): void;
  /** Asks the server itself, for the targets of aliases. Undefined when there is no answer. */
  lookup(question: Question, parent: Query): Promise<Reply | undefined>;
}

/** One server block: all its zones share its plugins. */
export interface ServerConfig {
  zones: string[];
  /** The port of each zone. */
  ports: number[];
  listenHosts: string[];
  plugins: Plugin[];
}

/** The words of one directive in one server block, and what its setup may reach. */
export class Controller extends Dispenser {
  constructor(
    filename: string,
    tokens: Token[],
    readonly server: ServerConfig,
    readonly instance: Instance,
  ) {
    super(filename, tokens);
  }

  /** Zones given as arguments, or else those of the server block. */
  origins(args: string[]): string[] {
    return args.length > 0 ? args.flatMap(zonesOf) : [...this.server.zones];
  }

  add(plugin: Plugin): void {
    this.server.plugins.push(plugin);
  }
}

/** Reads one directive of a server block; throws Error, which is reported as `plugin/NAME: message`. */
export type Setup = (controller: Controller) => Promise<void> | void;

/** A zone argument as names: "10.0.0.0/8" is "10.in-addr.arpa.", "dns://Example.org:53" is "example.org.". */
export function zonesOf(text: string): string[] {
  const plain = text.replace(/^[a-z0-9]+:\/\//i, "");
  const cidr = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(plain);
  if (cidr) return reverseZonesOf(cidr.slice(1, 5).map(Number), Number(cidr[5]));
  const host = plain.replace(/:\d*$/, "");
  return [normalName(host)];
}

/** The zones of octets that cover an IPv4 range: several where the prefix ends inside an octet. */
function reverseZonesOf(octets: number[], prefix: number): string[] {
  const whole = Math.min(4, Math.max(1, Math.ceil(prefix / 8)));
  const spare = whole * 8 - Math.max(prefix, 1);
  const first = octets[whole - 1]! & ~((1 << spare) - 1);
  return Array.from({ length: 1 << spare }, (_, index) =>
    [...octets.slice(0, whole - 1), first + index].reverse().join(".").concat(".in-addr.arpa."),
  );
}

/** `fallthrough [zones]` of several plugins. */
export class Fallthrough {
  #zones: string[] | undefined;

  set(args: string[]): void {
    this.#zones = args.length > 0 ? args.flatMap(zonesOf) : ["."];
  }

  get isSet(): boolean {
    return this.#zones !== undefined;
  }

  allows(name: string): boolean {
    return this.#zones?.some((zone) => isWithin(name, zone)) ?? false;
  }
}

/** What stands at the end of a chain of plugins. */
export function nothingNext(plugin: string): Handler {
  return () => Promise.resolve({ rcode: rcodes.SERVFAIL, error: `plugin/${plugin}: no next plugin found` });
}

export const onceError = "this plugin can only be used once per Server Block";

export function replied(reply: Partial<Reply>): Outcome {
  const full: Reply = {
    rcode: rcodes.NOERROR,
    authoritative: true,
    ...{ answers: [], authority: [], additional: [] },
    ...reply,
  };
  return { rcode: full.rcode, reply: full };
}

/** Milliseconds of a Go duration such as "1m30s", "500ms". Throws Error with Go's text. */
export function goDurationMs(text: string): number {
  const units: Record<string, number> = {
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
  };
  if (text === "0") return 0;
  const match = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (!match) {
    const quoted = JSON.stringify(text);
    throw new Error(
      /^[-+]?\d+(\.\d*)?$/.test(text)
        ? `time: missing unit in duration ${quoted}`
        : /^[-+]?\d+(\.\d*)?[a-zA-Z]+$/.test(text)
          ? `time: unknown unit ${JSON.stringify(/[a-zA-Z]+$/.exec(text)![0])} in duration ${quoted}`
          : `time: invalid duration ${quoted}`,
    );
  }
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    totalMs += Number(count) * units[unit!]!;
  return match[1] === "-" ? -totalMs : totalMs;
}

/** Go's strconv.Atoi. Throws Error with its text. */
export function goInteger(text: string): number {
  if (!/^[-+]?\d+$/.test(text))
    throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
