import type { AnswerType } from "@/lib/contract/lab";
import { formatCidr, formatIpv4, parseCidr, parseIpv4 } from "../ipv4";

/** A canonical form, so that two answers are the same exactly when it is equal; or why there is none. */
export type ParsedAnswer = { ok: true; value: string } | { ok: false; problem: string };

const charsMax = 10_000;

/**
 * Reads what a person typed as an answer of its type. The problem is a sentence for that person: what the answer
 * should look like, never what it should be.
 *
 * - string, regex: surrounding space, quotes and backticks do not count, inner space counts once; for string neither
 *   does case (nothing in Kubernetes or Linux that we ask for differs by case alone; ask with regex where it does)
 * - integer: "+007" is "7"
 * - ip: IPv4 or IPv6 in any notation; a prefix length is refused
 * - cidr: host bits do not count: "10.1.2.3/24" is "10.1.2.0/24"
 * - mac: colons, dashes, dots or nothing between the digits, any case
 * - set: items separated by commas, semicolons or white space; neither order nor repetition counts
 */
export function parseAnswer(type: AnswerType, text: string): ParsedAnswer {
  if (text.length > charsMax) return { ok: false, problem: "This answer is too long." };
  const plain = unquote(text);
  if (plain === "") return { ok: false, problem: "This answer is empty." };
  return readers[type](plain);
}

const readers: Record<AnswerType, (text: string) => ParsedAnswer> = {
  string: (text) => ({ ok: true, value: foldSpace(text).toLowerCase() }),
  regex: (text) => ({ ok: true, value: foldSpace(text) }),
  integer: (text) =>
    /^[+-]?\d{1,30}$/.test(text)
      ? { ok: true, value: BigInt(text.replace(/^\+/, "")).toString() }
      : { ok: false, problem: `"${shorten(text)}" is not a whole number: write it in digits, such as 42.` },
  ip: readIp,
  cidr: readCidr,
  mac: readMac,
  set: (text) => {
    const items = text
      .split(/[\s,;]+/)
      .map((item) => unquote(item).toLowerCase())
      .filter(Boolean);
    return items.length === 0
      ? { ok: false, problem: "This answer is empty." }
      : { ok: true, value: JSON.stringify([...new Set(items)].sort()) };
  },
};

function readIp(text: string): ParsedAnswer {
  if (text.includes("/"))
    return {
      ok: false,
      problem: `"${shorten(text)}" has a prefix length: write the address alone, such as 10.0.0.1.`,
    };
  const value = canonicalIp(text);
  return value === undefined
    ? { ok: false, problem: `"${shorten(text)}" is not an IP address: write it as 10.0.0.1.` }
    : { ok: true, value };
}

function readCidr(text: string): ParsedAnswer {
  const compact = text.replace(/\s*\/\s*/, "/");
  const v4 = parseCidr(compact);
  if (v4) return { ok: true, value: formatCidr(v4) };
  const v6 = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(compact);
  const network = v6 && Number(v6[2]) <= 128 ? networkV6(v6[1]!, Number(v6[2])) : undefined;
  return network === undefined
    ? { ok: false, problem: `"${shorten(text)}" is not a range: write it as 10.0.0.0/24.` }
    : { ok: true, value: `${network}/${Number(v6![2])}` };
}

function readMac(text: string): ParsedAnswer {
  const separated =
    /^([0-9a-f]{1,2}([:-]))(?:[0-9a-f]{1,2}\2){4}[0-9a-f]{1,2}$/i.test(text) &&
    text
      .split(/[:-]/)
      .map((octet) => octet.padStart(2, "0"))
      .join("");
  const digits =
    separated ||
    (/^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$|^[0-9a-f]{12}$/i.test(text) && text.replaceAll(".", ""));
  return digits
    ? { ok: true, value: digits.toLowerCase().match(/../g)!.join(":") }
    : { ok: false, problem: `"${shorten(text)}" is not a MAC address: write it as 02:42:ac:11:00:02.` };
}

/** RFC 5952 for IPv6. The URL parser does it; it accepts IPv4 forms ("1", "0x7f.1") that we do not. */
function canonicalIp(text: string): string | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return formatIpv4(v4);
  if (!/^[0-9a-f:.]+$/i.test(text) || !text.includes(":")) return undefined;
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
}

function networkV6(address: string, prefix: number): string | undefined {
  const canonical = canonicalIp(address);
  if (canonical === undefined || !canonical.includes(":")) return undefined;
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const masked = all.map((group, index) => {
    const bits = Math.min(16, Math.max(0, prefix - index * 16));
    return group & ((0xffff << (16 - bits)) & 0xffff);
  });
  return canonicalIp(masked.map((group) => group.toString(16)).join(":"));
}

function unquote(text: string): string {
  const trimmed = text.trim();
  const inner = /^(["'`])(.*)\1$/s.exec(trimmed)?.[2];
  return inner === undefined ? trimmed : inner.trim();
}

function foldSpace(text: string): string {
  return text.replace(/\s+/g, " ");
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
