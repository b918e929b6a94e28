import { isIP, isIPv4 } from "node:net";
import { addressOfReverseName, compressIpv6, ipv6Groups, longestZone, normalName } from "../dns/names";
import { rcodes, recordTypes, type RecordData } from "../dns/types";
import { Fallthrough, goDurationMs, onceError, replied, type Controller } from "../plugin";

/** Names of an /etc/hosts-like table (coredns plugin/hosts): a file, and lines in the block itself. */
export function hosts(controller: Controller): void {
  const { process, clock, signal } = controller.instance;
  const through = new Fallthrough();
  const inline: string[] = [];
  let path = "/etc/hosts";
  let zones: string[] = [];
  let ttl = 3600;
  let hasReverse = true;
  let reloadMs = 5000;
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error(onceError);
    const args = controller.remainingArgs();
    if (args.length > 0) path = args.shift()!;
    zones = controller.origins(args);
    while (controller.nextBlock()) {
      const word = controller.word();
      if (word === "fallthrough") through.set(controller.remainingArgs());
      else if (word === "no_reverse") hasReverse = false;
      else if (word === "ttl") ttl = readTtl(controller);
      else if (word === "reload") reloadMs = readReload(controller);
      else if (!through.isSet) inline.push([word, ...controller.remainingArgs()].join(" "));
      else throw controller.error(`unknown property '${word}'`);
    }
  }
  const fixed = readTable(inline.join("\n"));
  let table = fixed;
  const readFile = async () => {
    const text = await process.readFile(path).catch(() => undefined);
    if (text !== undefined) table = readTable(`${inline.join("\n")}\n${text}`);
  };
  controller.instance.onStartup(async () => {
    await process.readFile(path).catch((failure: unknown) => {
      if (/no such file/.test((failure as Error).message))
        process.log(`[WARNING] plugin/hosts: File does not exist: ${path}`);
    });
    await readFile();
    if (reloadMs > 0) void everyMs(reloadMs, readFile);
  }, true);
  const everyMs = async (periodMs: number, work: () => Promise<void>) => {
    while (!signal.aborted) {
      await clock.sleep(Math.max(1000, periodMs), signal).catch(() => undefined);
      if (!signal.aborted) await work();
    }
  };
  controller.add({
    name: "hosts",
    wrap: (next) => async (query) => {
      const { name, type } = query.question;
      const record = (data: RecordData) => ({ name, ttl, data });
      const isInZone = longestZone(name, zones) !== undefined;
      if (!isInZone && type !== recordTypes.PTR) return next(query);
      if (type === recordTypes.PTR) {
        const names = hasReverse ? (table.names.get(addressOfReverseName(name) ?? "") ?? []) : [];
        if (names.length === 0) return next(query);
        return replied({ answers: names.map((target) => record({ type: "PTR", target })) });
      }
      const addresses = table.addresses.get(name.toLowerCase()) ?? [];
      if (addresses.length === 0) return through.allows(name) ? next(query) : { rcode: rcodes.SERVFAIL };
      const wanted = type === recordTypes.A ? "A" : type === recordTypes.AAAA ? "AAAA" : undefined;
      const answers = addresses
        .map((address) => ({ type: isIPv4(address) ? ("A" as const) : ("AAAA" as const), address }))
        .filter((data) => data.type === wanted)
        .map(record);
      return replied({ answers });
    },
  });
}

interface Table {
  addresses: Map<string, string[]>;
  names: Map<string, string[]>;
}

const linesMax = 100_000;

function readTable(text: string): Table {
  const table: Table = { addresses: new Map(), names: new Map() };
  for (const line of text.split("\n").slice(0, linesMax)) {
    const [ip, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!ip || !isIP(ip)) continue;
    const address = isIPv4(ip) ? ip : compressIpv6(ipv6Groups(ip));
    for (const name of names.map(normalName)) {
      addTo(table.addresses, name, address);
      addTo(table.names, address, name);
    }
  }
  return table;
}

function addTo(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key) ?? [];
  if (!values.includes(value)) values.push(value);
  map.set(key, values);
}

function readTtl(controller: Controller): number {
  const [text] = controller.remainingArgs();
  if (text === undefined) throw controller.error("ttl needs a time in second");
  if (!/^[-+]?\d+$/.test(text)) throw controller.error("ttl needs a number of second");
  const ttl = Number(text);
  if (ttl <= 0 || ttl > 65_535) throw controller.error("ttl provided is invalid");
  return ttl;
}

function readReload(controller: Controller): number {
  const args = controller.remainingArgs();
  if (args.length !== 1) throw controller.error("reload needs a duration (zero seconds to disable)");
  let periodMs: number;
  try {
    periodMs = goDurationMs(args[0]!);
  } catch {
    throw controller.error(`invalid duration for reload '${args[0]}'`);
  }
  if (periodMs < 0) throw controller.error(`invalid negative duration for reload '${args[0]}'`);
  return periodMs;
}
