import { compressIpv6 } from "./names";
import { recordTypes, type DnsMessage, type Flags, type RecordData, type ResourceRecord } from "./types";

const headerBytes = 12;
const recordsMax = 4096;

/**
 * A message with one question, as RFC 1035 encodes it. Undefined for everything else: it may come from anyone, so every
 * length is bounded and no compression pointer is followed forwards.
 */
export function decodeMessage(message: Buffer): DnsMessage | undefined {
  try {
    if (message.length < headerBytes || message.readUInt16BE(4) !== 1) return undefined;
    const { name, next } = decodeName(message, headerBytes);
    const question = { name, type: message.readUInt16BE(next), class: message.readUInt16BE(next + 2) };
    const decoded: DnsMessage = {
      id: message.readUInt16BE(0),
      flags: decodeFlags(message.readUInt16BE(2)),
      question,
      answers: [],
      authority: [],
      additional: [],
    };
    let at = next + 4;
    let left = recordsMax;
    for (const [section, offset] of [
      ["answers", 6],
      ["authority", 8],
      ["additional", 10],
    ] as const)
      for (let count = message.readUInt16BE(offset); count > 0; count--) {
        if (left-- <= 0) return undefined;
        at = decodeRecord(message, at, decoded, section);
      }
    return decoded;
  } catch (failure) {
    if (failure instanceof RangeError) return undefined;
    throw failure;
  }
}

function decodeFlags(bits: number): Flags {
  return {
    response: (bits & 0x8000) !== 0,
    opcode: (bits >> 11) & 15,
    authoritative: (bits & 0x0400) !== 0,
    truncated: (bits & 0x0200) !== 0,
    recursionDesired: (bits & 0x0100) !== 0,
    recursionAvailable: (bits & 0x0080) !== 0,
    authenticData: (bits & 0x0020) !== 0,
    checkingDisabled: (bits & 0x0010) !== 0,
    rcode: bits & 15,
  };
}

function decodeRecord(
  message: Buffer,
  start: number,
  into: DnsMessage,
  section: "answers" | "authority" | "additional",
): number {
  const { name, next } = decodeName(message, start);
  const type = message.readUInt16BE(next);
  const length = message.readUInt16BE(next + 8);
  const at = next + 10;
  if (at + length > message.length) throw new RangeError("record too long");
  const ttl = message.readUInt32BE(next + 4);
  if (type === recordTypes.OPT) {
    into.edns = {
      udpBytesMax: Math.max(512, message.readUInt16BE(next + 2)),
      dnssecOk: (ttl & 0x8000) !== 0,
    };
    return at + length;
  }
  const record: ResourceRecord = { name, ttl, data: decodeData(message, type, at, length) };
  into[section].push(record);
  return at + length;
}

function decodeData(message: Buffer, type: number, at: number, length: number): RecordData {
  const nameAt = (offset: number) => decodeName(message, offset);
  switch (type) {
    case recordTypes.A:
      if (length !== 4) throw new RangeError("bad address");
      return { type: "A", address: [...message.subarray(at, at + 4)].join(".") };
    case recordTypes.AAAA: {
      if (length !== 16) throw new RangeError("bad address");
      const groups = Array.from({ length: 8 }, (_, index) => message.readUInt16BE(at + index * 2));
      return { type: "AAAA", address: compressIpv6(groups) };
    }
    case recordTypes.CNAME:
      return { type: "CNAME", target: nameAt(at).name };
    case recordTypes.PTR:
      return { type: "PTR", target: nameAt(at).name };
    case recordTypes.NS:
      return { type: "NS", target: nameAt(at).name };
    case recordTypes.DNAME:
      return { type: "DNAME", target: nameAt(at).name };
    case recordTypes.MX:
      return { type: "MX", preference: message.readUInt16BE(at), target: nameAt(at + 2).name };
    case recordTypes.SRV:
      return {
        type: "SRV",
        priority: message.readUInt16BE(at),
        weight: message.readUInt16BE(at + 2),
        port: message.readUInt16BE(at + 4),
        target: nameAt(at + 6).name,
      };
    case recordTypes.TXT: {
      const texts: string[] = [];
      for (let offset = at; offset < at + length; offset += 1 + message[offset]!)
        texts.push(
          message.toString("latin1", offset + 1, Math.min(offset + 1 + message[offset]!, at + length)),
        );
      return { type: "TXT", texts };
    }
    case recordTypes.SOA: {
      const mname = nameAt(at);
      const rname = nameAt(mname.next);
      const [serial, refresh, retry, expire, minimum] = [0, 4, 8, 12, 16].map((offset) =>
        message.readUInt32BE(rname.next + offset),
      ) as [number, number, number, number, number];
      return {
        type: "SOA",
        ...{ mname: mname.name, rname: rname.name, serial, refresh, retry, expire, minimum },
      };
    }
    default:
      return { type: "raw", code: type, bytes: Buffer.from(message.subarray(at, at + length)) };
  }
}

function decodeName(message: Buffer, start: number): { name: string; next: number } {
  const labels: string[] = [];
  let at = start;
  let next: number | undefined;
  let bytes = 0;
  for (;;) {
    const length = message.readUInt8(at);
    if (length === 0) return { name: `${labels.join(".")}.`, next: next ?? at + 1 };
    if (length >= 0xc0) {
      const target = message.readUInt16BE(at) & 0x3fff;
      next ??= at + 2;
      // Pointers lead backwards only, so that they end.
      if (target >= at) throw new RangeError("bad pointer");
      at = target;
      continue;
    }
    if (length > 63 || at + 1 + length > message.length) throw new RangeError("bad label");
    const label = message.toString("latin1", at + 1, at + 1 + length);
    // Names are handled as texts in which a dot ends a label.
    if (/[.\\]/.test(label)) throw new RangeError("unusual label");
    labels.push(label);
    at += 1 + length;
    bytes += 1 + length;
    if (bytes > 255) throw new RangeError("name too long");
  }
}
