import { isIP, isIPv6 } from "node:net";
import { decodeMessage } from "../dns/decode";
import { encodeMessage } from "../dns/encode";
import { isWithin } from "../dns/names";
import { rcodeName, rcodes, type DnsMessage } from "../dns/types";
import {
  goDurationMs,
  goInteger,
  replied,
  zonesOf,
  type Controller,
  type Instance,
  type Outcome,
  type Query,
} from "../plugin";
import { randomInt } from "node:crypto";

const upstreamsMax = 15;
const totalMs = 5000;
const readMs = 2000;

interface ForwardOptions {
  from: string;
  except: string[];
  servers: string[];
  policy: "random" | "round_robin" | "sequential";
  maxFails: number;
  maxConcurrent: number;
  maxConcurrentText: string;
  network: "force_tcp" | "prefer_udp" | "as_asked";
  checkEveryMs: number;
  nextOn: number[];
}

/** Asks other servers, from the pod's own network (coredns plugin/forward). */
export async function forward(controller: Controller): Promise<void> {
  while (controller.next()) {
    const options = await readOptions(controller);
    if (options.servers.length > upstreamsMax)
      throw new Error(`more than ${upstreamsMax} TOs configured: ${options.servers.length}`);
    const upstreams = options.servers.map((server) => new Upstream(server, controller.instance, options));
    let running = 0;
    let turn = 0;
    const inOrder = (): Upstream[] => {
      if (options.policy === "sequential" || upstreams.length < 2) return upstreams;
      const start =
        options.policy === "round_robin" ? turn++ % upstreams.length : randomInt(upstreams.length);
      return [...upstreams.slice(start), ...upstreams.slice(0, start)];
    };
    controller.add({
      name: "forward",
      wrap: (next) => async (query) => {
        const { name } = query.question;
        if (!isWithin(name, options.from) || options.except.some((zone) => isWithin(name, zone)))
          return next(query);
        if (options.maxConcurrent > 0 && running >= options.maxConcurrent)
          return {
            rcode: rcodes.REFUSED,
            error: `concurrent queries exceeded maximum ${options.maxConcurrentText}`,
          };
        running++;
        try {
          const outcome = await ask(inOrder(), query, controller.instance, options);
          return options.nextOn.includes(outcome.rcode) ? await next(query) : outcome;
        } finally {
          running--;
        }
      },
    });
  }
}

async function ask(
  upstreams: Upstream[],
  query: Query,
  { clock }: Instance,
  options: ForwardOptions,
): Promise<Outcome> {
  const untilMs = clock.now() + totalMs;
  let failure: string | undefined;
  for (
    let attempt = 0, skipped = 0;
    clock.now() < untilMs && attempt < 2 * upstreams.length + skipped;
    attempt++
  ) {
    let upstream = upstreams[attempt % upstreams.length]!;
    if (upstream.isDown(options.maxFails)) {
      // All are down: the checks may be what is broken, so any one is tried.
      if (++skipped < upstreams.length) continue;
      upstream = upstreams[randomInt(upstreams.length)]!;
    }
    try {
      const answer = await upstream.ask(query);
      if (answer.question.name.toLowerCase() !== query.question.name.toLowerCase())
        return replied({ rcode: rcodes.FORMERR, authoritative: false });
      const { flags, answers, authority, additional } = answer;
      return replied({
        rcode: flags.rcode,
        authoritative: flags.authoritative,
        truncated: flags.truncated,
        recursionAvailable: flags.recursionAvailable,
        ...{ answers, authority, additional },
      });
    } catch (error) {
      failure = (error as Error).message;
      upstream.check();
    }
  }
  return { rcode: rcodes.SERVFAIL, error: failure ?? "no healthy proxies" };
}

/** One server that is asked, and whether it is believed to work. */
class Upstream {
  #fails = 0;
  #isChecking = false;

  constructor(
    private readonly server: string,
    private readonly instance: Instance,
    private readonly options: ForwardOptions,
  ) {}

  isDown(maxFails: number): boolean {
    return maxFails > 0 && this.#fails > maxFails;
  }

  /** Throws Error with the network's text. */
  async ask({ question, message, protocol }: Query): Promise<DnsMessage> {
    const { network } = this.options;
    const asked: DnsMessage = {
      ...{ id: randomInt(65_536), question, answers: [], authority: [], additional: [] },
      flags: { ...message.flags, authoritative: false },
      ...(message.edns ? { edns: { ...message.edns } } : {}),
    };
    const bytes = encodeMessage(asked);
    const over = network === "force_tcp" ? "tcp" : network === "prefer_udp" ? "udp" : protocol;
    const once = async (by: "udp" | "tcp") =>
      decodeMessage(await this.instance.process.exchange(by, this.server, bytes, readMs));
    let answer = await once(over);
    if (answer?.flags.truncated && network === "prefer_udp") answer = await once("tcp");
    if (!answer) throw new Error("dns: bad rdata");
    const labels = { proto: over, to: this.server, rcode: rcodeName(answer.flags.rcode) };
    this.instance.metrics.count("coredns_forward_responses_total", labels);
    return answer;
  }

  /** Asks for the root's name servers until it answers; meanwhile each failure counts. One check at a time. */
  check(): void {
    if (this.#isChecking || this.options.maxFails === 0) return;
    this.#isChecking = true;
    void this.#check().finally(() => (this.#isChecking = false));
  }

  async #check(): Promise<void> {
    const { process, clock, signal } = this.instance;
    const none = { answers: [], authority: [], additional: [] };
    const flags = { ...emptyFlags, recursionDesired: true };
    while (!signal.aborted) {
      const id = randomInt(65_536);
      const question = { name: ".", type: 2, class: 1 };
      try {
        await process.exchange("udp", this.server, encodeMessage({ id, flags, question, ...none }), 1000);
        this.#fails = 0;
        return;
      } catch {
        this.#fails++;
      }
      await clock.sleep(this.options.checkEveryMs, signal).catch(() => undefined);
    }
  }
}

const emptyFlags: DnsMessage["flags"] = {
  ...{ response: false, opcode: 0, authoritative: false, truncated: false, recursionDesired: false },
  ...{ recursionAvailable: false, authenticData: false, checkingDisabled: false, rcode: 0 },
};

async function readOptions(controller: Controller): Promise<ForwardOptions> {
  if (!controller.nextArg()) throw controller.argError();
  const [from] = zonesOf(controller.word());
  const to = controller.remainingArgs();
  if (to.length === 0) throw controller.argError();
  const options: ForwardOptions = {
    ...{ from: from!, except: [], servers: [], policy: "random", maxFails: 2 },
    ...{ maxConcurrent: 0, maxConcurrentText: "", network: "as_asked", checkEveryMs: 500, nextOn: [] },
  };
  options.servers = await serversOf(to, controller.instance);
  while (controller.nextBlock()) readProperty(controller, options);
  return options;
}

/** Addresses as "10.0.0.1:53"; a file is read as resolv.conf. Throws Error with CoreDNS's text. */
async function serversOf(to: string[], { process }: Instance): Promise<string[]> {
  const servers: string[] = [];
  for (const text of to) {
    const [, scheme = "dns", rest] = /^(?:([a-z0-9]+):\/\/)?(.*)$/i.exec(text)!;
    if (scheme !== "dns")
      throw new Error(`'${scheme}' is not supported as a destination protocol in forward: ${text}`);
    const host = rest!;
    const withPort = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(host);
    const bare = (withPort?.[1] ?? withPort?.[2] ?? host).replace(/^\[|\]$/g, "");
    if (isIP(bare.split("%")[0]!)) {
      servers.push(`${isIPv6(bare) ? `[${bare}]` : bare}:${withPort?.[3] ?? 53}`);
      continue;
    }
    const file = await process.readFile(host).catch((failure: unknown) => {
      const why = (failure as Error).message;
      const reason = /no such file/.test(why)
        ? `failed to open file ${JSON.stringify(host)}: ${JSON.stringify(why)}`
        : why;
      throw new Error(`not an IP address or file ${JSON.stringify(host)}: ${reason}`);
    });
    for (const [, address] of file.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm))
      servers.push(`${isIPv6(address!) ? `[${address}]` : address}:53`);
  }
  if (servers.length === 0) throw new Error("no nameservers found");
  return servers;
}

function readProperty(controller: Controller, options: ForwardOptions): void {
  const property = controller.word();
  const args = controller.remainingArgs();
  const take = (least: number, most = Infinity): string[] => {
    if (args.length < least || args.length > most) throw controller.argError();
    return args;
  };
  switch (property) {
    case "except":
      return void options.except.push(...take(1).flatMap(zonesOf));
    case "max_fails":
      return void (options.maxFails = goInteger(take(1)[0]!));
    case "health_check": {
      const everyMs = goDurationMs(take(1)[0]!);
      if (everyMs < 0) throw new Error(`health_check can't be negative: ${everyMs * 1e6}`);
      options.checkEveryMs = Math.max(100, everyMs);
      const unknown = args
        .slice(1)
        .find((word, index) => word !== "no_rec" && word !== "domain" && args[index] !== "domain");
      if (unknown) throw new Error(`health_check: unknown option ${unknown}`);
      return;
    }
    case "force_tcp":
    case "prefer_udp":
      take(0, 0);
      options.network = property;
      return;
    case "policy": {
      const [policy] = take(1);
      if (policy !== "random" && policy !== "round_robin" && policy !== "sequential")
        throw controller.error(`unknown policy '${policy}'`);
      options.policy = policy;
      return;
    }
    case "max_concurrent": {
      const [text] = take(1);
      options.maxConcurrent = goInteger(text!);
      options.maxConcurrentText = text!;
      if (options.maxConcurrent < 0)
        throw new Error(`max_concurrent can't be negative: ${options.maxConcurrent}`);
      return;
    }
    case "next":
      for (const name of take(1)) {
        const rcode = (rcodes as Record<string, number>)[name.toUpperCase()];
        if (rcode === undefined) throw new Error(`${name} is not a valid rcode`);
        options.nextOn.push(rcode);
      }
      return;
    case "expire":
    case "max_age":
      if (goDurationMs(take(1)[0]!) < 0) throw new Error(`${property} can't be negative: ${args[0]}`);
      return;
    case "tls":
      return void take(0, 3);
    case "tls_servername":
    case "max_idle_conns":
      return void take(1);
    case "failfast_all_unhealthy_upstreams":
      return void take(0, 0);
    case "failover":
      return void take(1);
    default:
      throw controller.error(`unknown property '${property}'`);
  }
}
