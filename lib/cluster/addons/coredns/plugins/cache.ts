import { LRUCache } from "lru-cache";
import { isWithin, longestZone, normalName } from "../dns/names";
import { rcodes } from "../dns/types";
import { goDurationMs, goInteger, type Controller, type Outcome, type Reply } from "../plugin";

interface Stored {
  reply: Reply;
  storedAtMs: number;
  ttlMs: number;
}

const capacityMax = 9984;

/** Keeps replies for as long as their TTL says and the Corefile allows (coredns plugin/cache). */
export function cache(controller: Controller): void {
  const { clock, metrics } = controller.instance;
  const options = readOptions(controller);
  const stored = new LRUCache<string, Stored>({ max: Math.max(1, Math.min(capacityMax, options.capacity)) });
  const storedDenials = new LRUCache<string, Stored>({
    max: Math.max(1, Math.min(capacityMax, options.denialCapacity)),
  });
  controller.add({
    name: "cache",
    wrap: (next) => async (query) => {
      const { question, message } = query;
      const zone = longestZone(question.name, options.zones);
      if (zone === undefined) return next(query);
      const key = [
        ...[question.name.toLowerCase(), question.type, question.class],
        ...[message.edns?.dnssecOk ?? false, message.flags.checkingDisabled],
      ].join(" ");
      const nowMs = clock.now();
      const hit = storedDenials.get(key) ?? stored.get(key);
      const leftMs = hit ? hit.storedAtMs + hit.ttlMs - nowMs : 0;
      const labels = { server: "dns://:53", zones: options.zones.join(","), view: "" };
      metrics.count("coredns_cache_requests_total", labels);
      if (hit && leftMs > 0) {
        const type = hit.reply.answers.length > 0 ? "success" : "denial";
        metrics.count("coredns_cache_hits_total", { ...labels, type });
        return aged(hit.reply, options.keepTtl ? undefined : Math.floor(leftMs / 1000), question.name);
      }
      metrics.count("coredns_cache_misses_total", labels);
      const outcome = await next(query);
      const { reply } = outcome;
      if (!reply) return outcome;
      const ttlMs = ttlToKeepMs(reply, question.name, options);
      if (ttlMs === undefined) return outcome;
      const isDenial = reply.answers.length === 0 || reply.rcode !== rcodes.NOERROR;
      (isDenial ? storedDenials : stored).set(key, { reply, storedAtMs: nowMs, ttlMs });
      return { ...outcome, reply: withTtl(reply, Math.floor(ttlMs / 1000)) };
    },
  });
}

interface CacheOptions {
  zones: string[];
  capacity: number;
  denialCapacity: number;
  successMaxS: number;
  successMinS: number;
  denialMaxS: number;
  denialMinS: number;
  servfailMs: number;
  keepTtl: boolean;
  noSuccess: string[];
  noDenial: string[];
}

/** How long a reply may be kept; undefined: not at all. */
function ttlToKeepMs(reply: Reply, name: string, options: CacheOptions): number | undefined {
  if (reply.truncated) return undefined;
  const within = (zones: string[]) => zones.some((zone) => isWithin(name, zone));
  if (reply.rcode === rcodes.SERVFAIL) return options.servfailMs || undefined;
  const least = (ttls: number[], max: number, min: number) => Math.max(min, Math.min(max, ...ttls)) * 1000;
  const soa = reply.authority.find(({ data }) => data.type === "SOA");
  if (reply.rcode === rcodes.NOERROR && reply.answers.length > 0) {
    if (within(options.noSuccess)) return undefined;
    const ttls = [...reply.answers, ...reply.authority, ...reply.additional].map(({ ttl }) => ttl);
    return least(ttls, options.successMaxS, options.successMinS);
  }
  const isDenial = reply.rcode === rcodes.NXDOMAIN || reply.rcode === rcodes.NOERROR;
  if (!isDenial || within(options.noDenial)) return undefined;
  if (!soa && reply.rcode === rcodes.NOERROR) return undefined;
  const soaTtls = soa?.data.type === "SOA" ? [soa.ttl, soa.data.minimum] : [options.denialMinS];
  return least(soaTtls, options.denialMaxS, options.denialMinS);
}

function aged(reply: Reply, ttl: number | undefined, name: string): Outcome {
  const old = ttl === undefined ? reply : withTtl(reply, ttl);
  // A name asked in another case is answered in that one.
  const answers = old.answers.map((record) =>
    record.name.toLowerCase() === name.toLowerCase() ? { ...record, name } : record,
  );
  return { rcode: reply.rcode, reply: { ...old, answers, authoritative: true } };
}

function withTtl(reply: Reply, ttl: number): Reply {
  const limit = (records: Reply["answers"]) => records.map((record) => ({ ...record, ttl }));
  return {
    ...reply,
    answers: limit(reply.answers),
    authority: limit(reply.authority),
    additional: limit(reply.additional),
  };
}

function readOptions(controller: Controller): CacheOptions {
  const options: CacheOptions = {
    zones: [],
    ...{ capacity: capacityMax, denialCapacity: capacityMax },
    ...{ successMaxS: 3600, successMinS: 5, denialMaxS: 1800, denialMinS: 5 },
    ...{ servfailMs: 5000, keepTtl: false, noSuccess: [], noDenial: [] },
  };
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error("this plugin can only be used once per Server Block");
    const args = controller.remainingArgs();
    if (/^[-+]?\d+$/.test(args[0] ?? "")) {
      const ttl = goInteger(args.shift()!);
      if (ttl <= 0) throw new Error(`cache TTL can not be zero or negative: ${ttl}`);
      options.successMaxS = options.denialMaxS = ttl;
    }
    options.zones = controller.origins(args);
    while (controller.nextBlock()) readProperty(controller, options);
  }
  return options;
}

function readProperty(controller: Controller, options: CacheOptions): void {
  const property = controller.word();
  const args = controller.remainingArgs();
  const least = (count: number, most = Infinity) => {
    if (args.length < count || args.length > most) throw controller.argError();
  };
  switch (property) {
    case "success":
    case "denial": {
      least(1);
      const [capacity, ttl, min] = args.map(goInteger) as [number, number?, number?];
      if (ttl !== undefined && ttl <= 0) throw new Error(`cache TTL can not be zero or negative: ${ttl}`);
      if (min !== undefined && min < 0) throw new Error(`cache min TTL can not be negative: ${min}`);
      if (property === "success") {
        options.capacity = capacity;
        options.successMaxS = ttl ?? options.successMaxS;
        options.successMinS = min ?? options.successMinS;
      } else {
        options.denialCapacity = capacity;
        options.denialMaxS = ttl ?? options.denialMaxS;
        options.denialMinS = min ?? options.denialMinS;
      }
      return;
    }
    case "prefetch":
      least(1, 3);
      if (goInteger(args[0]!) < 0) throw new Error(`prefetch amount should be positive: ${args[0]}`);
      return;
    case "serve_stale":
      least(0, 2);
      return;
    case "servfail": {
      least(1, 1);
      const ms = goDurationMs(args[0]!);
      if (ms < 0) throw new Error("invalid negative ttl for servfail");
      if (ms > 300_000) throw new Error("caching SERVFAIL responses over 5 minutes is not permitted");
      options.servfailMs = ms;
      return;
    }
    case "disable": {
      least(1);
      const zones = args.length > 1 ? args.slice(1).map(normalName) : ["."];
      if (args[0] === "success") options.noSuccess = zones;
      else if (args[0] === "denial") options.noDenial = zones;
      else throw new Error(`cache type for disable must be "success" or "denial"`);
      return;
    }
    case "keepttl":
      least(0, 0);
      options.keepTtl = true;
      return;
    default:
      throw controller.argError();
  }
}
