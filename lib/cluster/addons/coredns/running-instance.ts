import type { Clock } from "@/lib/core/clock";
import type { CorefileSource } from "./caddyfile/parse";
import { configure } from "./configuration";
import { longestZone } from "./dns/names";
import { classes, rcodeName, rcodes, recordTypes, typeName, type Question } from "./dns/types";
import type { KubernetesView } from "./kubernetes/view";
import type { Metrics } from "./metrics";
import {
  nothingNext,
  type Handler,
  type HttpKind,
  type Instance,
  type Outcome,
  type Process,
  type Query,
  type Reply,
  type ServerConfig,
} from "./plugin";

const lookupDepthMax = 8;

export interface Listener {
  kind: "dns" | HttpKind;
  host: string;
  port: number;
}

interface Services {
  process: Process;
  clock: Clock;
  kubernetes: KubernetesView;
  metrics: Metrics;
}

/** One Corefile at work. */
export class RunningInstance implements Instance {
  readonly process: Process;
  readonly clock: Clock;
  readonly kubernetes: KubernetesView;
  readonly metrics: Metrics;
  readonly http = new Map<HttpKind, string>();
  reloadEveryMs: number | undefined;
  lameduckMs = 0;
  readonly #abort = new AbortController();
  readonly #before: (() => Promise<void> | void)[] = [];
  readonly #after: (() => Promise<void> | void)[] = [];
  readonly #wasReady = new Set<object>();
  #servers: { config: ServerConfig; handler: Handler }[] = [];

  private constructor(services: Services) {
    ({
      process: this.process,
      clock: this.clock,
      kubernetes: this.kubernetes,
      metrics: this.metrics,
    } = services);
  }

  /** Sets a Corefile up and does what comes before it listens. Throws Error with the text that CoreDNS ends with. */
  static async create(
    services: Services,
    corefile: { text: string; path: string; port: number },
    source: CorefileSource,
  ): Promise<RunningInstance> {
    const instance = new RunningInstance(services);
    try {
      const configs = await configure(corefile.text, corefile.path, source, instance, corefile.port);
      instance.#servers = configs.map((config) => ({ config, handler: chainOf(config) }));
      for (const work of instance.#before) await work();
      return instance;
    } catch (failure) {
      instance.stop();
      throw failure;
    }
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  onStartup(work: () => Promise<void> | void, before = false): void {
    (before ? this.#before : this.#after).push(work);
  }

  /** What comes once it listens. */
  async started(): Promise<void> {
    for (const work of this.#after) await work();
  }

  stop(): void {
    this.#abort.abort(new Error("This configuration is no longer at work."));
  }

  /** Lines of the banner: each zone with its port, in the order of names. */
  zones(): string[] {
    return this.#servers
      .flatMap(({ config: { zones, ports, listenHosts } }) =>
        zones.flatMap((zone, index) =>
          listenHosts.map((host) => `${zone}:${ports[index]}${host === "" ? "" : ` on ${host}`}`),
        ),
      )
      .sort();
  }

  listeners(): Listener[] {
    const dns = this.#servers.flatMap(({ config: { ports, listenHosts } }) =>
      ports.flatMap((port) => listenHosts.map((host): Listener => ({ kind: "dns", host, port }))),
    );
    const http = [...this.http].map(([kind, address]): Listener => {
      const colon = address.lastIndexOf(":");
      const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
      return {
        kind,
        host: host === "localhost" ? "127.0.0.1" : host,
        port: Number(address.slice(colon + 1)),
      };
    });
    const unique = new Map([...dns, ...http].map((one) => [`${one.kind} ${one.host} ${one.port}`, one]));
    return [...unique.values()];
  }

  /** Names of plugins that are not ready yet; once ready, a plugin stays so. */
  notReady(): string[] {
    const names: string[] = [];
    for (const { config } of this.#servers)
      for (const plugin of config.plugins) {
        if (!plugin.isReady || this.#wasReady.has(plugin)) continue;
        if (plugin.isReady()) this.#wasReady.add(plugin);
        else names.push(plugin.name);
      }
    return names;
  }

  /** Answers what came in at a port. Never throws. */
  async serve(query: Query, port: number): Promise<Outcome> {
    const { question } = query;
    const server = this.#serverOf(question.name, port);
    const family = query.client.ip.includes(":") ? "2" : "1";
    const labels = { server: `dns://:${port}`, zone: server?.zone ?? "dropped", view: "" };
    const type = Object.hasOwn(recordTypes, typeName(question.type)) ? typeName(question.type) : "other";
    this.metrics.count("coredns_dns_requests_total", { ...labels, proto: query.protocol, family, type });
    const outcome = await this.#outcome(query, server?.handler);
    const rcode = rcodeName(outcome.reply?.rcode ?? outcome.rcode);
    this.metrics.count("coredns_dns_responses_total", { ...labels, rcode, plugin: "" });
    return outcome;
  }

  async lookup(question: Question, parent: Query): Promise<Reply | undefined> {
    if (parent.depth >= lookupDepthMax) return undefined;
    const port = this.#servers.find(({ handler }) => handler)?.config.ports[0] ?? 53;
    const server = this.#serverOf(question.name, port);
    const outcome = await this.#outcome({ ...parent, question, depth: parent.depth + 1 }, server?.handler);
    return outcome.reply;
  }

  async #outcome(query: Query, handler: Handler | undefined): Promise<Outcome> {
    if (query.message.flags.opcode !== 0) return { rcode: rcodes.NOTIMP };
    if (!handler || query.question.class !== classes.IN) return { rcode: rcodes.REFUSED };
    try {
      return await handler(query);
    } catch (failure) {
      return { rcode: rcodes.SERVFAIL, error: (failure as Error).message };
    }
  }

  #serverOf(name: string, port: number): { zone: string; handler: Handler } | undefined {
    const served = this.#servers.flatMap(({ config, handler }) =>
      config.zones.filter((_, index) => config.ports[index] === port).map((zone) => ({ zone, handler })),
    );
    const zone = longestZone(
      name,
      served.map((one) => one.zone),
    );
    return served.find((one) => one.zone === zone);
  }
}

function chainOf({ plugins }: ServerConfig): Handler {
  const handlers = plugins.filter(({ wrap }) => wrap !== undefined);
  let next = nothingNext(handlers.at(-1)?.name ?? "");
  for (const plugin of [...handlers].reverse()) next = plugin.wrap!(next);
  // A block whose plugins answer nothing refuses.
  return handlers.length > 0 ? next : () => Promise.resolve({ rcode: rcodes.REFUSED });
}
