import { isIP, isIPv4 } from "node:net";
import { toAddress, toNumber, type Range } from "@/lib/cluster/addons/ipv4";

/**
 * "192.0.2.0/24" or "192.0.2.10-192.0.2.20" as prefixes (metallb internal/config/config.go: ParseCIDR), in order. IPv6 is
 * accepted and holds nothing. Throws with upstream's words.
 */
export function parseAddresses(text: string): Range[] {
  if (!text.includes("-")) return parsePrefix(text);
  const [from = "", ...rest] = text.split("-");
  const to = rest.join("-");
  const [start, end] = [from.trim(), to.trim()];
  if (!isIP(start)) throw new Error(`invalid IP range "${text}": invalid start IP "${from}"`);
  if (!isIP(end)) throw new Error(`invalid IP range "${text}": invalid end IP "${to}"`);
  if (!isIPv4(start) || !isIPv4(end)) return [];
  if (toNumber(start) > toNumber(end))
    throw new Error(`invalid IP range "${text}": start IP "${start}" is after the end IP "${end}"`);
  return summarize(toNumber(start), toNumber(end));
}

function parsePrefix(text: string): Range[] {
  const [address = "", prefixText = ""] = text.split("/");
  const prefix = Number(prefixText);
  const isRight = /^\d{1,3}$/.test(prefixText) && isIP(address) > 0 && prefix <= (isIPv4(address) ? 32 : 128);
  if (!isRight) throw new Error(`invalid CIDR "${text}"`);
  if (!isIPv4(address)) return [];
  const size = 2 ** (32 - prefix);
  return [{ first: Math.floor(toNumber(address) / size) * size, size, prefix }];
}

/** The fewest prefixes that hold exactly these addresses. */
function summarize(first: number, last: number): Range[] {
  const ranges: Range[] = [];
  for (let at = first; at <= last;) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 - 1 <= last) size *= 2;
    ranges.push({ first: at, size, prefix: 32 - Math.log2(size) });
    at += size;
  }
  return ranges;
}

export const formatRange = ({ first, prefix }: Range) => `${toAddress(first)}/${prefix}`;

export function overlap(a: Range, b: Range): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

export function holds({ first, size }: Range, address: number): boolean {
  return address >= first && address < first + size;
}

/** Whether it ends in 0 or 255, which some routers take for a broadcast's. */
export function isBuggy(address: number): boolean {
  return address % 256 === 0 || address % 256 === 255;
}
