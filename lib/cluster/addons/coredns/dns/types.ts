/** Record types by name; types that are not here are carried as raw bytes and print as TYPE123. */
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;
export type RecordType = keyof typeof recordTypes;

export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
} as const;
export type RcodeName = keyof typeof rcodes;

export const classes = { IN: 1, CH: 3, HS: 4, ANY: 255 } as const;

/** Names are fully qualified with the final dot, in the case they came in. */
export interface Question {
  name: string;
  type: number;
  class: number;
}

export type RecordData =
  | { type: "A" | "AAAA"; address: string }
  | { type: "CNAME" | "PTR" | "NS" | "DNAME"; target: string }
  | { type: "MX"; preference: number; target: string }
  | { type: "TXT"; texts: string[] }
  | { type: "SRV"; priority: number; weight: number; port: number; target: string }
  | {
      type: "SOA";
      mname: string;
      rname: string;
      serial: number;
      refresh: number;
      retry: number;
      expire: number;
      minimum: number;
    }
  | { type: "raw"; code: number; bytes: Buffer };

export interface ResourceRecord {
  name: string;
  ttl: number;
  data: RecordData;
}

export interface Flags {
  response: boolean;
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  recursionAvailable: boolean;
  authenticData: boolean;
  checkingDisabled: boolean;
  rcode: number;
}

export interface DnsMessage {
  id: number;
  flags: Flags;
  question: Question;
  answers: ResourceRecord[];
  authority: ResourceRecord[];
  additional: ResourceRecord[];
  /** The sender's EDNS options; undefined without EDNS. */
  edns?: { udpBytesMax: number; dnssecOk: boolean };
}

const typeNames = new Map<number, string>(Object.entries(recordTypes).map(([name, code]) => [code, name]));
const rcodeNames = new Map<number, string>(Object.entries(rcodes).map(([name, code]) => [code, name]));

export function typeName(code: number): string {
  return typeNames.get(code) ?? `TYPE${code}`;
}

export function rcodeName(code: number): string {
  return rcodeNames.get(code) ?? String(code);
}

export function className(code: number): string {
  return Object.entries(classes).find(([, value]) => value === code)?.[0] ?? `CLASS${code}`;
}

export function typeOf(data: RecordData): number {
  return data.type === "raw" ? data.code : recordTypes[data.type];
}
