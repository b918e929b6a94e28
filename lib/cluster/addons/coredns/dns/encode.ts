import { ipv6Groups } from "./names";
import { recordTypes, typeOf, type DnsMessage, type Flags, type RecordData } from "./types";

const headerBytes = 12;

/**
 * The message's bytes; over `bytesMax`, records are left out from the end until it fits and it says that it is
 * truncated (as miekg/dns does for CoreDNS).
 */
export function encodeMessage(message: DnsMessage, bytesMax = 65_535): Buffer {
  const whole = encode(message);
  if (whole.length <= bytesMax) return whole;
  const flags = { ...message.flags, truncated: true };
  const all = [
    ...message.answers.map((record) => ["answers", record] as const),
    ...message.authority.map((record) => ["authority", record] as const),
    ...message.additional.map((record) => ["additional", record] as const),
  ];
  const firstPart = (count: number): Buffer => {
    const part: DnsMessage = { ...message, flags, answers: [], authority: [], additional: [] };
    for (const [section, record] of all.slice(0, count)) part[section].push(record);
    return encode(part);
  };
  let fits = 0;
  for (let tooMany = all.length; fits + 1 < tooMany;) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (firstPart(middle).length <= bytesMax) fits = middle;
    else tooMany = middle;
  }
  return firstPart(fits);
}

function encode(message: DnsMessage): Buffer {
  const { question, answers, authority, additional, edns } = message;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(message.id, 0);
  header.writeUInt16BE(flagBits(message.flags), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt16BE(authority.length, 8);
  header.writeUInt16BE(additional.length + Number(edns !== undefined), 10);
  const names = new Map<string, number>();
  const parts: Buffer[] = [header];
  let offset = headerBytes;
  const push = (part: Buffer) => {
    parts.push(part);
    offset += part.length;
  };
  push(encodeName(question.name, offset, names));
  push(uint16(question.type, question.class));
  for (const record of [...answers, ...authority, ...additional]) {
    push(encodeName(record.name, offset, names));
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(typeOf(record.data), 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(record.ttl >>> 0, 4);
    const data = encodeData(record.data, offset + fixed.length, names);
    fixed.writeUInt16BE(data.length, 8);
    push(fixed);
    push(data);
  }
  if (edns) {
    const opt = Buffer.alloc(11);
    opt.writeUInt16BE(recordTypes.OPT, 1);
    opt.writeUInt16BE(edns.udpBytesMax, 3);
    if (edns.dnssecOk) opt.writeUInt32BE(0x8000, 5);
    push(opt);
  }
  return Buffer.concat(parts);
}

function flagBits(flags: Flags): number {
  return (
    (flags.response ? 0x8000 : 0) |
    ((flags.opcode & 15) << 11) |
    (flags.authoritative ? 0x0400 : 0) |
    (flags.truncated ? 0x0200 : 0) |
    (flags.recursionDesired ? 0x0100 : 0) |
    (flags.recursionAvailable ? 0x0080 : 0) |
    (flags.authenticData ? 0x0020 : 0) |
    (flags.checkingDisabled ? 0x0010 : 0) |
    (flags.rcode & 15)
  );
}

function encodeData(data: RecordData, offset: number, names: Map<string, number>): Buffer {
  switch (data.type) {
    case "A":
      return Buffer.from(data.address.split(".").map(Number));
    case "AAAA":
      return uint16(...ipv6Groups(data.address));
    case "CNAME":
    case "PTR":
    case "NS":
    case "DNAME":
      return encodeName(data.target, offset, names);
    case "MX":
      return Buffer.concat([uint16(data.preference), encodeName(data.target, offset + 2, names)]);
    case "TXT":
      return Buffer.concat(
        data.texts.flatMap((text) => {
          const bytes = Buffer.from(text, "latin1").subarray(0, 255);
          return [Buffer.from([bytes.length]), bytes];
        }),
      );
    case "SRV":
      // RFC 2782: the target is not compressed.
      return Buffer.concat([
        uint16(data.priority, data.weight, data.port),
        encodeName(data.target, 0, undefined),
      ]);
    case "SOA": {
      const mname = encodeName(data.mname, offset, names);
      const rname = encodeName(data.rname, offset + mname.length, names);
      const numbers = Buffer.alloc(20);
      [data.serial, data.refresh, data.retry, data.expire, data.minimum].forEach((value, index) =>
        numbers.writeUInt32BE(value >>> 0, index * 4),
      );
      return Buffer.concat([mname, rname, numbers]);
    }
    case "raw":
      return data.bytes;
  }
}

/** Labels, or a pointer to where the same ending stands already. */
function encodeName(name: string, offset: number, names: Map<string, number> | undefined): Buffer {
  const labels = name === "" || name === "." ? [] : name.replace(/\.$/, "").split(".");
  const parts: Buffer[] = [];
  let at = offset;
  for (let index = 0; index < labels.length; index++) {
    const rest = labels.slice(index).join(".");
    const known = names?.get(rest);
    if (known !== undefined) return Buffer.concat([...parts, uint16(0xc000 | known)]);
    if (names && at < 0x4000) names.set(rest, at);
    const label = Buffer.from(labels[index]!, "latin1").subarray(0, 63);
    parts.push(Buffer.from([label.length]), label);
    at += 1 + label.length;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value & 0xffff, index * 2));
  return bytes;
}
