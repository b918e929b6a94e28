import { isIPv4, isIPv6 } from "node:net";
import { fullName } from "./names";
import type { RecordData, ResourceRecord } from "./types";

/**
 * One record as zone files write it: `name [ttl] [class] type data...`. `origin` completes names without a final dot.
 * Throws Error with what is wrong.
 */
export function parseRecord(fields: string[], defaults: { origin: string; ttl: number }): ResourceRecord {
  const [owner = "", ...rest] = fields;
  let ttl = defaults.ttl;
  for (;;) {
    const word = rest[0] ?? "";
    const seconds = durationSeconds(word);
    if (seconds !== undefined) ttl = seconds;
    else if (!/^(IN|CH|HS)$/i.test(word)) break;
    rest.shift();
  }
  const [type = "", ...data] = rest;
  return {
    name: absolute(owner, defaults.origin),
    ttl,
    data: parseData(type.toUpperCase(), data, defaults.origin),
  };
}

function parseData(type: string, data: string[], origin: string): RecordData {
  const name = (index: number) => {
    if (!data[index]) throw new Error(`bad ${type} record: a name is missing`);
    return absolute(data[index], origin);
  };
  const number = (index: number) => {
    const value = durationSeconds(data[index] ?? "");
    if (value === undefined)
      throw new Error(`bad ${type} record: ${JSON.stringify(data[index] ?? "")} is no number`);
    return value;
  };
  switch (type) {
    case "A":
      if (!isIPv4(data[0] ?? "")) throw new Error(`bad A A: ${JSON.stringify(data[0] ?? "")}`);
      return { type, address: data[0]! };
    case "AAAA":
      if (!isIPv6(data[0] ?? "")) throw new Error(`bad AAAA AAAA: ${JSON.stringify(data[0] ?? "")}`);
      return { type, address: data[0]! };
    case "CNAME":
    case "PTR":
    case "NS":
    case "DNAME":
      return { type, target: name(0) };
    case "MX":
      return { type, preference: number(0), target: name(1) };
    case "SRV":
      return { type, priority: number(0), weight: number(1), port: number(2), target: name(3) };
    case "TXT":
      return { type, texts: data };
    case "SOA":
      return {
        type,
        ...{ mname: name(0), rname: name(1), serial: number(2), refresh: number(3) },
        ...{ retry: number(4), expire: number(5), minimum: number(6) },
      };
    default:
      throw new Error(`unknown RR type: ${JSON.stringify(type)}`);
  }
}

function absolute(name: string, origin: string): string {
  if (name === "@") return origin;
  if (name.endsWith(".")) return name;
  return origin === "." ? fullName(name) : `${name}.${origin}`;
}

/** "300", "1h", "1d2h"; undefined for what is none. */
function durationSeconds(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(\d+[smhdw])+$/i.test(text)) return undefined;
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/gi))
    seconds += Number(count) * units[unit!.toLowerCase()]!;
  return seconds;
}

/** The words of a line: quoted ones keep their blanks, ";" begins a comment. */
export function recordFields(line: string): string[] {
  const fields: string[] = [];
  const pattern = /"((?:[^"\\]|\\.)*)"|;.*$|([^\s;"]+)/g;
  for (const [, quoted, plain] of line.matchAll(pattern)) {
    if (quoted !== undefined) fields.push(quoted.replaceAll(/\\(.)/g, "$1"));
    else if (plain !== undefined) fields.push(plain);
  }
  return fields;
}
