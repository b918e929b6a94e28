import { addressOf, parseRange, toAddress, toNumber, type Range } from "@/lib/cluster/addons/ipv4";

/** What the engine takes networks from, in this order (moby/moby daemon/libnetwork/ipamutils). */
const pools: { base: string; size: number }[] = [
  ...[17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31].map((second) => ({
    base: `172.${second}.0.0/16`,
    size: 16,
  })),
  { base: "192.168.0.0/16", size: 20 },
];

/** The first pool that overlaps none of `taken` (CIDRs of networks and of the node's routes); undefined when all do. */
export function nextSubnet(taken: readonly string[]): string | undefined {
  const ranges = taken.map(parseRange);
  for (const { base, size } of pools) {
    const whole = parseRange(base);
    const step = 2 ** (32 - size);
    for (let first = whole.first; first < whole.first + whole.size; first += step)
      if (!ranges.some((range) => overlap(range, { first, size: step, prefix: size })))
        return `${toAddress(first)}/${size}`;
  }
  return undefined;
}

export function subnetsOverlap(a: string, b: string): boolean {
  return overlap(parseRange(a), parseRange(b));
}

function overlap(a: Range, b: Range): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** The lowest address of a subnet that nobody has; neither its first nor its last. */
export function nextAddress(subnet: string, taken: readonly string[]): string | undefined {
  const { size } = parseRange(subnet);
  const used = new Set(taken);
  // A subnet has room for far more than a node can run.
  for (let index = 1; index < Math.min(size - 1, 4096); index++) {
    const address = addressOf(subnet, index);
    if (!used.has(address)) return address;
  }
  return undefined;
}

export function isHostOf(subnet: string, address: string): boolean {
  const { first, size } = parseRange(subnet);
  const number = toNumber(address);
  return number > first && number < first + size - 1;
}

/** 172.17.0.2 -> 02:42:ac:11:00:02 (libnetwork netutils.GenerateMACFromIP). */
export function macOf(address: string): string {
  return ["02", "42", ...address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(
    ":",
  );
}

export function prefixOf(cidr: string): number {
  return parseRange(cidr).prefix;
}
