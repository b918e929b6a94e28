import { isIP } from "node:net";
import type { Environment } from "@marcbachmann/cel-js";

/** An address as CEL's `ip()` makes it. */
class IpAddress {
  constructor(
    readonly family: 4 | 6,
    readonly value: bigint,
  ) {}

  get bits(): number {
    return this.family === 4 ? 32 : 128;
  }

  /** Whether the address lies in `prefix/length`; prefixes of its own family only. */
  within(prefix: bigint, length: number): boolean {
    const shift = BigInt(this.bits - length);
    return this.value >> shift === prefix >> shift;
  }

  toString(): string {
    if (this.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (this.value >> shift) & 255n).join(".");
    const groups = Array.from({ length: 8 }, (_, at) =>
      ((this.value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
    );
    // RFC 5952: the first longest run of two or more zero groups is "::".
    let [from, length] = [-1, 1];
    for (let at = 0; at < 8; at++) {
      let end = at;
      while (groups[end] === "0") end++;
      if (end - at > length) [from, length] = [at, end - at];
    }
    if (from < 0) return groups.join(":");
    return `${groups.slice(0, from).join(":")}::${groups.slice(from + length).join(":")}`;
  }
}

class Cidr {
  constructor(
    readonly address: IpAddress,
    readonly length: number,
  ) {}

  get masked(): Cidr {
    const shift = BigInt(this.address.bits - this.length);
    return new Cidr(new IpAddress(this.address.family, (this.address.value >> shift) << shift), this.length);
  }

  contains({ address, length }: Cidr): boolean {
    return (
      address.family === this.address.family &&
      length >= this.length &&
      address.within(this.address.value, this.length)
    );
  }

  toString(): string {
    return `${String(this.address)}/${this.length}`;
  }
}

/** Undefined for what is none, has a zone, or is an IPv4 address written as IPv6. */
function parseIp(text: string): IpAddress | undefined {
  const family = text.includes("%") ? 0 : isIP(text);
  if (family === 4)
    return new IpAddress(
      4,
      text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n),
    );
  if (family !== 6) return undefined;
  const groupsOf = (half: string) =>
    half
      .split(":")
      .filter(Boolean)
      .flatMap((part) => {
        const v4 = part.includes(".") ? parseIp(part) : undefined;
        return v4 ? [v4.value >> 16n, v4.value & 0xffffn] : [BigInt(`0x${part}`)];
      });
  const [left = [], right] = text.split("::").map(groupsOf);
  const zeros = right ? Array<bigint>(8 - left.length - right.length).fill(0n) : [];
  const value = [...left, ...zeros, ...(right ?? [])].reduce((sum, group) => (sum << 16n) + group, 0n);
  return value >> 32n === 0xffffn ? undefined : new IpAddress(6, value);
}

function parseCidr(text: string): Cidr | undefined {
  const [, host = "", length = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseIp(host);
  return address && Number(length) <= address.bits ? new Cidr(address, Number(length)) : undefined;
}

function ip(text: string): IpAddress {
  const found = parseIp(text);
  if (!found)
    throw new Error(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
    );
  return found;
}

function cidr(text: string): Cidr {
  const found = parseCidr(text);
  if (!found)
    throw new Error(
      `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no valid prefix`,
    );
  return found;
}

const v4 = (text: string) => ip(text).value;

/** Families apart, as netip has them. */
const isIn = (address: IpAddress, four: [string, number] | undefined, six: [string, number] | undefined) => {
  const range = address.family === 4 ? four : six;
  return range !== undefined && address.within(v4(range[0]), range[1]);
};
const isLoopback = (one: IpAddress) => isIn(one, ["127.0.0.0", 8], ["::1", 128]);
const isMulticast = (one: IpAddress) => isIn(one, ["224.0.0.0", 4], ["ff00::", 8]);
const isLinkLocal = (one: IpAddress) => isIn(one, ["169.254.0.0", 16], ["fe80::", 10]);
const isUnspecified = (one: IpAddress) => one.value === 0n;
const isLinkLocalMulticast = (one: IpAddress) =>
  isIn(one, ["224.0.0.0", 24], undefined) ||
  // ff02::/16 whatever the flags: the scope is in the low half of the second byte.
  (one.family === 6 && isMulticast(one) && (one.value >> 112n) % 16n === 2n);
const isGlobalUnicast = (one: IpAddress) =>
  !isUnspecified(one) &&
  !isLoopback(one) &&
  !isMulticast(one) &&
  !isLinkLocal(one) &&
  !(one.family === 4 && one.value === 0xffff_ffffn);

class IpFunctions {}

/** ip() and cidr() with their methods (apiserver 1.34 pkg/cel/library/{ip,cidr}.go). */
export function addNetworkLibrary(environment: Environment): Environment {
  return environment
    .registerType("net.IP", { ctor: IpAddress })
    .registerType("net.CIDR", { ctor: Cidr })
    .registerType("net.IPFunctions", { ctor: IpFunctions })
    .registerConstant("ip", "net.IPFunctions", new IpFunctions())
    .registerFunction("isIP(string): bool", (text: string) => parseIp(text) !== undefined)
    .registerFunction("ip(string): net.IP", ip)
    .registerFunction(
      "net.IPFunctions.isCanonical(string): bool",
      (_: IpFunctions, text: string) => String(ip(text)) === text,
    )
    .registerFunction("string(net.IP): string", String)
    .registerFunction("net.IP.family(): int", (one: IpAddress) => BigInt(one.family))
    .registerFunction("net.IP.isUnspecified(): bool", isUnspecified)
    .registerFunction("net.IP.isLoopback(): bool", isLoopback)
    .registerFunction("net.IP.isLinkLocalMulticast(): bool", isLinkLocalMulticast)
    .registerFunction("net.IP.isLinkLocalUnicast(): bool", isLinkLocal)
    .registerFunction("net.IP.isGlobalUnicast(): bool", isGlobalUnicast)
    .registerOperator(
      "net.IP == net.IP",
      (a: IpAddress, b: IpAddress) => a.family === b.family && a.value === b.value,
    )
    .registerFunction("isCIDR(string): bool", (text: string) => parseCidr(text) !== undefined)
    .registerFunction("cidr(string): net.CIDR", cidr)
    .registerFunction("string(net.CIDR): string", String)
    .registerFunction("net.CIDR.ip(): net.IP", ({ address }: Cidr) => address)
    .registerFunction("net.CIDR.prefixLength(): int", ({ length }: Cidr) => BigInt(length))
    .registerFunction("net.CIDR.masked(): net.CIDR", ({ masked }: Cidr) => masked)
    .registerFunction("net.CIDR.containsIP(net.IP): bool", containsIp)
    .registerFunction("net.CIDR.containsIP(string): bool", (range: Cidr, text: string) =>
      containsIp(range, ip(text)),
    )
    .registerFunction("net.CIDR.containsCIDR(net.CIDR): bool", (range: Cidr, other: Cidr) =>
      range.contains(other),
    )
    .registerFunction("net.CIDR.containsCIDR(string): bool", (range: Cidr, text: string) =>
      range.contains(cidr(text)),
    )
    .registerOperator("net.CIDR == net.CIDR", (a: Cidr, b: Cidr) => String(a) === String(b));
}

const containsIp = (range: Cidr, address: IpAddress) => range.contains(new Cidr(address, address.bits));
