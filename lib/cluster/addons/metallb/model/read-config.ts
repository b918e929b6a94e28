import { selectorOf, type LabelPredicate } from "@/lib/cluster/client/label-selector";
import type { LabelSelector, Namespace, Node } from "@/lib/cluster/resources/types";
import type { Range } from "@/lib/cluster/addons/ipv4";
import type { IPAddressPool, L2Advertisement } from "../types";
import { formatRange, overlap, parseAddresses } from "./cidrs";

export interface Advertisement {
  nodes: ReadonlySet<string>;
  /** Empty: all. */
  interfaces: string[];
  serviceSelectors: LabelPredicate[];
}

export interface Pool {
  name: string;
  ranges: Range[];
  autoAssign: boolean;
  avoidBuggyIPs: boolean;
  /** Whom it is kept for. */
  allocation?: { priority: number; namespaces: ReadonlySet<string>; serviceSelectors: LabelPredicate[] };
  advertisements: Advertisement[];
}

export interface Resources {
  pools: IPAddressPool[];
  advertisements?: L2Advertisement[];
  namespaces?: Namespace[];
  nodes?: Node[];
}

/** Each is compared with all others. */
const rangesMax = 10_000;

/**
 * The pools, by name, and how each is told of (metallb internal/config/config.go: poolsFor). Throws with upstream's words
 * when anything of it is wrong: then the configuration of before stays.
 */
export function readConfig(resources: Resources): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  const taken: Range[] = [];
  const sorted = [...resources.pools].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const resource of sorted) {
    const { name } = resource.metadata;
    const pool = readPool(resource, resources.namespaces ?? []);
    for (const range of pool.ranges) {
      const other = taken.find((one) => overlap(one, range));
      if (other)
        throw new Error(
          `CIDR "${formatRange(range)}" in pool "${name}" overlaps with already defined CIDR "${formatRange(other)}"`,
        );
      if (taken.push(range) > rangesMax) throw new Error(`more than ${rangesMax} prefixes`);
    }
    pools.set(name, pool);
  }
  for (const resource of resources.advertisements ?? []) {
    const advertisement = readAdvertisement(resource, resources.nodes ?? []);
    const { ipAddressPools = [], ipAddressPoolSelectors = [] } = resource.spec ?? {};
    const selectors = ipAddressPoolSelectors.map(selectorOf);
    const isForAll = ipAddressPools.length === 0 && selectors.length === 0;
    for (const { metadata } of sorted)
      if (
        isForAll ||
        ipAddressPools.includes(metadata.name) ||
        selectors.some((matches) => matches(metadata.labels))
      )
        pools.get(metadata.name)!.advertisements.push(advertisement);
  }
  return pools;
}

function readPool({ metadata: { name }, spec }: IPAddressPool, namespaces: Namespace[]): Pool {
  const fail = (text: string): never => {
    throw new Error(`parsing address pool ${name}: ${text}`);
  };
  const addresses = spec.addresses ?? [];
  if (addresses.length === 0) fail("pool has no prefixes defined");
  const ranges = addresses.flatMap((text) => {
    try {
      return parseAddresses(text);
    } catch (failure) {
      return fail(`invalid CIDR "${text}" in pool "${name}": ${(failure as Error).message}`);
    }
  });
  const pool: Pool = {
    name,
    ranges,
    autoAssign: spec.autoAssign ?? true,
    avoidBuggyIPs: spec.avoidBuggyIPs ?? false,
    advertisements: [],
  };
  const wanted = spec.serviceAllocation;
  if (!wanted) return pool;
  const { namespaces: named = [], namespaceSelectors = [], serviceSelectors = [], priority = 0 } = wanted;
  if (new Set(named).size < named.length) fail("duplicate definition in namespaces field");
  checkDuplicates(namespaceSelectors, "namespaceSelectors", fail);
  checkDuplicates(serviceSelectors, "serviceSelectors", fail);
  const matchers = namespaceSelectors.map(selectorOf);
  const selected = namespaces.filter(({ metadata }) => matchers.some((matches) => matches(metadata.labels)));
  const isForAll = named.length + namespaceSelectors.length + serviceSelectors.length === 0;
  pool.allocation = {
    priority,
    namespaces: new Set([...named, ...selected.map(({ metadata }) => metadata.name)]),
    serviceSelectors: isForAll ? [() => true] : serviceSelectors.map(selectorOf),
  };
  return pool;
}

function readAdvertisement({ spec = {} }: L2Advertisement, nodes: Node[]): Advertisement {
  const fail = (text: string): never => {
    throw new Error(text);
  };
  const {
    ipAddressPools = [],
    ipAddressPoolSelectors = [],
    nodeSelectors = [],
    serviceSelectors = [],
    interfaces = [],
  } = spec;
  const twice = ipAddressPools.find((name, index) => ipAddressPools.indexOf(name) !== index);
  if (twice !== undefined) fail(`duplicate definition of ipAddressPools "${twice}"`);
  checkDuplicates(ipAddressPoolSelectors, "ipAddressPoolSelectors", fail);
  checkDuplicates(nodeSelectors, "nodeSelectors", fail);
  checkDuplicates(serviceSelectors, "serviceSelectors", fail);
  const matchers = nodeSelectors.map(selectorOf);
  const selected = nodes.filter(
    ({ metadata }) => matchers.length === 0 || matchers.some((matches) => matches(metadata.labels)),
  );
  return {
    nodes: new Set(selected.map(({ metadata }) => metadata.name)),
    interfaces,
    serviceSelectors: serviceSelectors.map(selectorOf),
  };
}

function checkDuplicates(selectors: LabelSelector[], field: string, fail: (text: string) => never): void {
  const texts = selectors.map((selector) => JSON.stringify(selector));
  const twice = texts.find((text, index) => texts.indexOf(text) !== index);
  if (twice !== undefined) fail(`duplicate definition of ${field} ${twice}`);
}
