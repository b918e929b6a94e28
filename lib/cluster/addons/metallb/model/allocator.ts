import { toAddress, toNumber } from "@/lib/cluster/addons/ipv4";
import type { Service } from "@/lib/cluster/resources/types";
import { annotation } from "../types";
import { holds, isBuggy } from "./cidrs";
import type { Pool } from "./read-config";

interface Allocation {
  pool: string;
  ips: string[];
  /** "TCP/80" */
  ports: string[];
  sharing: string;
  backend: string;
}

/** Whose address is which (metallb internal/allocator/allocator.go). Failures are errors with upstream's words. */
export class Allocator {
  #pools: ReadonlyMap<string, Pool> = new Map();
  readonly #allocated = new Map<string, Allocation>();

  setPools(pools: ReadonlyMap<string, Pool>): void {
    this.#pools = pools;
    for (const [key, allocation] of this.#allocated) {
      const pool = this.#poolFor(allocation.ips);
      if (pool) allocation.pool = pool.name;
      else this.#allocated.delete(key);
    }
  }

  poolOf(key: string): string | undefined {
    return this.#allocated.get(key)?.pool;
  }

  keys(): string[] {
    return [...this.#allocated.keys()];
  }

  unassign(key: string): void {
    this.#allocated.delete(key);
  }

  assign(key: string, service: Service, ips: string[]): void {
    const pool = this.#poolFor(ips);
    if (!pool) throw new Error(`${quoted(ips)} is not allowed in config`);
    if (!isFor(pool, service)) throw new Error(`pool ${pool.name} not compatible for ip assignment`);
    if (ips.length > 2) throw new Error(`more than two addresses ${quoted(ips)}`);
    if (ips.length === 2) throw new Error(`"${ips[0]}" "${ips[1]}" has the same family`);
    const wanted = wishes(service);
    for (const ip of ips) this.#checkSharing(key, ip, wanted);
    this.#allocated.set(key, { pool: pool.name, ips, ...wanted });
  }

  allocateFrom(name: string, key: string, service: Service): string[] {
    const pool = this.#pools.get(name);
    if (!pool) throw new Error(`unknown pool "${name}"`);
    const ip = this.#freeIn(pool, key, service);
    if (ip === undefined) throw new Error(`no available IPs in pool ${name}`);
    this.assign(key, service, [ip]);
    return [ip];
  }

  /** From the pools that are kept for such Services, by their priority, then from those for all. */
  allocate(key: string, service: Service): string[] {
    const automatic = [...this.#pools.values()].filter(({ autoAssign }) => autoAssign);
    const kept = automatic
      .filter((pool) => pool.allocation && isKeptFor(pool, service))
      .sort((a, b) => rank(a) - rank(b));
    for (const pool of [...kept, ...automatic.filter(({ allocation }) => !allocation)]) {
      const ip = this.#freeIn(pool, key, service);
      if (ip === undefined) continue;
      this.assign(key, service, [ip]);
      return [ip];
    }
    throw new Error("no available IPs");
  }

  /** What an IPAddressPool's status tells. */
  countersOf({ name, ranges, avoidBuggyIPs }: Pool) {
    const used = new Set(
      [...this.#allocated.values()].filter(({ pool }) => pool === name).flatMap(({ ips }) => ips),
    );
    const total = ranges.reduce((sum, range) => sum + range.size - (avoidBuggyIPs ? buggyIn(range) : 0), 0);
    return {
      assignedIPv4: used.size,
      assignedIPv6: 0,
      availableIPv4: total - used.size,
      availableIPv6: 0,
    };
  }

  #poolFor(ips: string[]): Pool | undefined {
    return [...this.#pools.values()].find(({ ranges, avoidBuggyIPs }) =>
      ips.every((ip) => {
        const address = toNumber(ip);
        return !(avoidBuggyIPs && isBuggy(address)) && ranges.some((range) => holds(range, address));
      }),
    );
  }

  #freeIn(pool: Pool, key: string, service: Service): string | undefined {
    const wanted = wishes(service);
    for (const { first, size } of pool.ranges)
      for (let address = first; address < first + size; address++) {
        if (pool.avoidBuggyIPs && isBuggy(address)) continue;
        const ip = toAddress(address);
        try {
          this.#checkSharing(key, ip, wanted);
          return ip;
        } catch {
          continue;
        }
      }
    return undefined;
  }

  #checkSharing(key: string, ip: string, wanted: Omit<Allocation, "pool" | "ips">): void {
    const others = [...this.#allocated].filter(([other, { ips }]) => other !== key && ips.includes(ip));
    const existing = others[0]?.[1];
    if (!existing) return;
    const isShared =
      existing.sharing !== "" && existing.sharing === wanted.sharing && existing.backend === wanted.backend;
    if (!isShared)
      throw new Error(
        `can't change sharing key for "${key}", address also in use by ${others.map(([other]) => other).join(",")}`,
      );
    for (const port of wanted.ports)
      if (others.some(([, { ports }]) => ports.includes(port)))
        throw new Error(`port ${port} is already in use on "${ip}"`);
  }
}

export const quoted = (ips: string[]) => `[${ips.map((ip) => `"${ip}"`).join(" ")}]`;

function wishes(service: Service): Omit<Allocation, "pool" | "ips"> {
  const { ports = [], selector = {}, externalTrafficPolicy } = service.spec;
  return {
    ports: ports.map(({ protocol = "TCP", port }) => `${protocol}/${port}`),
    sharing: annotation(service, "allow-shared-ip"),
    // Traffic that may go to any node can be shared whatever the pods behind are.
    backend:
      externalTrafficPolicy === "Local"
        ? Object.entries(selector)
            .map(([name, value]) => `${name}=${value}`)
            .sort()
            .join(",")
        : "",
  };
}

function isFor({ allocation }: Pool, { metadata }: Service): boolean {
  if (!allocation) return true;
  const { namespaces, serviceSelectors } = allocation;
  if (namespaces.size > 0 && !namespaces.has(metadata.namespace ?? "")) return false;
  return serviceSelectors.length === 0 || serviceSelectors.some((matches) => matches(metadata.labels));
}

function isKeptFor(pool: Pool, service: Service): boolean {
  const { namespaces, serviceSelectors } = pool.allocation!;
  return namespaces.size + serviceSelectors.length > 0 && isFor(pool, service);
}

/** Without a priority it comes last. */
const rank = ({ allocation }: Pool) => allocation!.priority || Number.MAX_SAFE_INTEGER;

function buggyIn({ first, size }: { first: number; size: number }): number {
  if (size >= 256) return (size / 256) * 2;
  return Number(isBuggy(first)) + Number(size > 1 && isBuggy(first + size - 1));
}
