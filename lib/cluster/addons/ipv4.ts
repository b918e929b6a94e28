/** IPv4 addresses as numbers, for what a component computes of ranges. */

export function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

export interface Range {
  first: number;
  size: number;
  prefix: number;
}

/** "10.244.0.0/16"; host bits are dropped. */
export function parseRange(cidr: string): Range {
  const [address = "", prefixText = "32"] = cidr.split("/");
  const prefix = Number(prefixText);
  const size = 2 ** (32 - prefix);
  return { first: Math.floor(toNumber(address) / size) * size, size, prefix };
}

export function contains(outer: string, inner: string): boolean {
  const a = parseRange(outer);
  const b = parseRange(inner);
  return b.first >= a.first && b.first + b.size <= a.first + a.size;
}

/** The n-th address of a range. */
export function addressOf(cidr: string, index: number): string {
  return toAddress(parseRange(cidr).first + index);
}
