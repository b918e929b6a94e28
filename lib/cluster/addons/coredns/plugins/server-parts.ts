import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import { recordTypes } from "../dns/types";
import { encodeMessage } from "../dns/encode";
import { goDurationMs, onceError, replied, type Controller, type HttpKind } from "../plugin";
import { goDurationText } from "./errors";

/** An address to listen on, as Go's net.SplitHostPort takes it. Throws Error with its text. */
function listenAddress(text: string): string {
  if (!/:\d+$/.test(text)) throw new Error(`address ${text}: missing port in address`);
  return text;
}

function setHttp(controller: Controller, kind: HttpKind, address: string): void {
  controller.instance.http.set(kind, address);
}

/** /health says OK while the process lives (coredns plugin/health). */
export function health(controller: Controller): void {
  let address = ":8080";
  while (controller.next()) {
    const args = controller.remainingArgs();
    if (args.length > 1) throw controller.argError();
    if (args[0] !== undefined) address = listenAddress(args[0]);
    while (controller.nextBlock()) {
      if (controller.word() !== "lameduck") throw controller.error(`unknown property '${controller.word()}'`);
      const words = controller.remainingArgs();
      if (words.length !== 1) throw controller.argError();
      try {
        controller.instance.lameduckMs = goDurationMs(words[0]!);
      } catch (failure) {
        throw new Error(
          `unable to parse lameduck duration value: '${words[0]}' : ${(failure as Error).message}`,
          { cause: failure },
        );
      }
    }
  }
  setHttp(controller, "health", address);
  controller.add({ name: "health" });
}

/** /ready says OK once all plugins were ready (coredns plugin/ready). */
export function ready(controller: Controller): void {
  let address = ":8181";
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error(onceError);
    const args = controller.remainingArgs();
    if (args.length > 1) throw controller.argError();
    if (args[0] !== undefined) address = listenAddress(args[0]);
    while (controller.nextBlock()) {
      if (controller.word() !== "monitor") throw controller.error(`unknown property '${controller.word()}'`);
      const words = controller.remainingArgs();
      if (words.length !== 1) throw controller.argError();
      if (words[0] !== "until-ready" && words[0] !== "continuously")
        throw controller.error(`monitor type '${words[0]}' not supported`);
    }
  }
  setHttp(controller, "ready", address);
  controller.add({ name: "ready" });
}

/** /metrics in Prometheus' format (coredns plugin/metrics). */
export function prometheus(controller: Controller): void {
  let address = "localhost:9153";
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error(onceError);
    const args = controller.remainingArgs();
    if (args.length > 1) throw controller.argError();
    if (args[0] !== undefined) address = listenAddress(args[0]);
    while (controller.nextBlock()) {
      const known = controller.word() === "runtime_metrics" || controller.word() === "tls";
      if (!known) throw controller.error(`unknown option: ${controller.word()}`);
      controller.remainingArgs();
    }
  }
  setHttp(controller, "metrics", address);
  controller.add({ name: "prometheus" });
}

const reloadMinMs = 2000;
const jitterMinMs = 1000;

/** Looks for another Corefile every half minute or so (coredns plugin/reload). */
export function reload(controller: Controller): void {
  controller.next();
  const args = controller.remainingArgs();
  if (args.length > 2) throw controller.argError();
  const everyMs = args[0] === undefined ? 30_000 : goDurationMs(args[0]);
  if (everyMs < reloadMinMs)
    throw new Error(`interval value must be greater or equal to ${goDurationText(reloadMinMs)}`);
  const wantedMs = args[1] === undefined ? 15_000 : goDurationMs(args[1]);
  if (wantedMs !== 0 && wantedMs < jitterMinMs)
    throw new Error(`jitter value must be 0 or greater or equal to ${goDurationText(jitterMinMs)}`);
  const jitterMs = Math.floor(Math.min(wantedMs, everyMs / 2));
  controller.instance.reloadEveryMs = everyMs + (jitterMs > 0 ? randomInt(jitterMs) - jitterMs / 2 : 0);
  controller.add({ name: "reload" });
}

/** Which addresses the server block listens on (coredns plugin/bind). */
export function bind(controller: Controller): void {
  const hosts: string[] = [];
  while (controller.next()) {
    const args = controller.remainingArgs();
    if (args.length === 0) throw new Error("at least one address or interface name is expected");
    let except: string[] = [];
    while (controller.nextBlock()) {
      if (controller.word() !== "except")
        throw new Error(`invalid option ${JSON.stringify(controller.word())}`);
      except = controller.remainingArgs();
      if (except.length === 0)
        throw new Error("at least one address or interface must be given to except subdirective");
    }
    for (const name of [...args, ...except])
      if (!isIP(name) && name !== "lo")
        throw new Error(`not a valid IP address or interface name: ${JSON.stringify(name)}`);
    const addresses = args.map((name) => (name === "lo" ? "127.0.0.1" : name));
    hosts.push(...addresses.filter((address) => !except.includes(address)));
  }
  controller.server.listenHosts = hosts;
}

/** Shuffles the addresses of a reply, aliases first (coredns plugin/loadbalance). */
export function loadbalance(controller: Controller): void {
  while (controller.next()) {
    const [policy, ...rest] = controller.remainingArgs();
    if (policy === "round_robin" && rest.length > 0) throw controller.error(`unknown property for ${policy}`);
    if (policy !== undefined && policy !== "round_robin") throw new Error(`unknown policy: ${policy}`);
    while (controller.nextBlock())
      if (controller.word() === "prefer") controller.remainingArgs();
      else throw controller.error(`unknown property '${controller.word()}'`);
  }
  controller.add({
    name: "loadbalance",
    wrap: (next) => async (query) => {
      const outcome = await next(query);
      if (!outcome.reply) return outcome;
      const { answers, additional } = outcome.reply;
      return {
        ...outcome,
        reply: { ...outcome.reply, answers: inTurn(answers), additional: inTurn(additional) },
      };
    },
  });
}

type Records = { data: { type: string } }[];

function inTurn<T extends Records>(records: T): T {
  const of = (...types: string[]) => records.filter(({ data }) => types.includes(data.type));
  const others = records.filter(({ data }) => !["CNAME", "A", "AAAA", "MX"].includes(data.type));
  return [...of("CNAME"), ...others, ...shuffled(of("A", "AAAA")), ...shuffled(of("MX"))] as T;
}

function shuffled<T>(items: T[]): T[] {
  const mixed = [...items];
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [mixed[index], mixed[other]] = [mixed[other]!, mixed[index]!];
  }
  return mixed;
}

const loopTriesMs = 30_000;

/** Ends the process when a query sent to itself comes back to it (coredns plugin/loop). */
export function loop(controller: Controller): void {
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error(onceError);
    if (controller.nextArg()) throw controller.argError();
  }
  const { instance, server } = controller;
  const { clock, process, signal } = instance;
  const zone = server.zones[0] ?? ".";
  const random = () => String(randomInt(2 ** 47));
  const name = `${random()}.${random()}.${zone === "." ? "" : zone}`;
  let seen = 0;
  let isOff = false;
  const flags = {
    ...{ response: false, opcode: 0, authoritative: false, truncated: false, recursionDesired: true },
    ...{ recursionAvailable: false, authenticData: false, checkingDisabled: false, rcode: 0 },
  };
  instance.onStartup(() => {
    void (async () => {
      const untilMs = clock.now() + loopTriesMs;
      const address = `${server.listenHosts[0] || "127.0.0.1"}:${server.ports[0]}`;
      while (!signal.aborted && clock.now() < untilMs) {
        const question = { name, type: recordTypes.HINFO, class: 1 };
        const query = { id: randomInt(65_536), flags, question };
        const bytes = encodeMessage({ ...query, answers: [], authority: [], additional: [] });
        const hasAnswer = await process.exchange("udp", address, bytes, 2000).then(
          () => true,
          () => false,
        );
        if (hasAnswer) break;
        seen = 0;
        await clock.sleep(1000, signal);
      }
      await clock.sleep(2000, signal);
    })()
      .catch(() => undefined)
      .finally(() => (isOff = true));
  });
  controller.add({
    name: "loop",
    wrap: (next) => async (query) => {
      const { question, client } = query;
      if (isOff || question.type !== recordTypes.HINFO || question.name.toLowerCase() !== name)
        return next(query);
      if (++seen > 2) {
        process.fail(
          `[FATAL] plugin/loop: Loop (${client.ip}:${client.port} -> :${server.ports[0]}) detected for zone "${zone}", ` +
            `see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${name}"`,
        );
        return { rcode: 2 };
      }
      return next(query);
    },
  });
}

/** Answers with who asks (coredns plugin/whoami). */
export function whoami(controller: Controller): void {
  controller.next();
  if (controller.nextArg()) throw controller.argError();
  controller.add({
    name: "whoami",
    wrap: () => (query) => {
      const { client, protocol, question } = query;
      const { name } = question;
      const type = client.ip.includes(":") ? ("AAAA" as const) : ("A" as const);
      const target = ".";
      const service = { type: "SRV" as const, priority: 0, weight: 0, port: client.port, target };
      const prefix = `_${protocol}.${name === "." ? "" : name}`;
      return Promise.resolve(
        replied({
          additional: [
            { name, ttl: 0, data: { type, address: client.ip } },
            { name: prefix, ttl: 0, data: service },
          ],
        }),
      );
    },
  });
}

/** A directive that changes nothing that can be seen from here; its words are not looked at. */
export function ignored(): void {
  // Nothing to set up.
}
