/** IPv4 arithmetic on unsigned 32-bit numbers. Parsers answer undefined for anything that is not exactly the form. */

export interface Cidr {
  /** The network address: host bits are zero. */
  network: number;
  /** The address as written, host bits and all. */
  address: number;
  prefix: number;
}

/** "10.0.0.1" -> 167772161. Leading zeros ("010.0.0.1") are refused: half of all tools read them as octal. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  let value = 0;
  for (const octet of match.slice(1)) {
    if (Number(octet) > 255 || (octet.length > 1 && octet.startsWith("0"))) return undefined;
    value = value * 256 + Number(octet);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** "10.1.2.3/24" -> network 10.1.2.0, address 10.1.2.3, prefix 24. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9.]+)\/(\d{1,2})$/.exec(text);
  const address = match && parseIpv4(match[1]!);
  const prefix = Number(match?.[2]);
  if (address === undefined || address === null || prefix > 32) return undefined;
  return { network: (address & netmask(prefix)) >>> 0, address, prefix };
}

export function formatCidr(cidr: { network: number; prefix: number }): string {
  return `${formatIpv4(cidr.network)}/${cidr.prefix}`;
}

export function netmask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

/** Number of addresses: 256 for a /24. */
export function cidrSize(prefix: number): number {
  return 2 ** (32 - prefix);
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  const mask = netmask(Math.min(a.prefix, b.prefix));
  return (a.network & mask) >>> 0 === (b.network & mask) >>> 0;
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  return (address & netmask(cidr.prefix)) >>> 0 === cidr.network;
}

/** Whether a host may bear it: not the network's own address and not the broadcast address. */
export function isHostAddress(cidr: Cidr, address: number): boolean {
  return (
    cidrContains(cidr, address) &&
    address !== cidr.network &&
    address !== cidr.network + cidrSize(cidr.prefix) - 1
  );
}
