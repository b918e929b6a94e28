import { isIP, isIPv4 } from "node:net";

const ipComplaint = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const cidrComplaint = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

export const ipAddress = (value: string): string[] => (isIP(value) ? [] : [ipComplaint]);

export function cidr(value: string): string[] {
  const [address = "", bits = "", ...rest] = value.split("/");
  const family = isIP(address);
  const good =
    family && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return good ? [] : [cidrComplaint];
}

export const familyOf = (address: string): "IPv4" | "IPv6" => (isIPv4(address) ? "IPv4" : "IPv6");

export function ipv4ToNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function numberToIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** First address and how many there are; IPv4 only. */
export function cidrRange(value: string): { base: number; size: number } {
  const [address = "0.0.0.0", bits = "32"] = value.split("/");
  const size = 2 ** (32 - Number(bits));
  const start = ipv4ToNumber(address);
  return { base: start - (start % size), size };
}

export function cidrContains(value: string, address: string): boolean {
  if (!isIPv4(address)) return false;
  const { base, size } = cidrRange(value);
  const number = ipv4ToNumber(address);
  return number >= base && number < base + size;
}
