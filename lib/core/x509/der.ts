/** DER encoding of the ASN.1 types that an X.509 certificate is made of (ITU-T X.690). */

export function tagged(tag: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...contents: Uint8Array[]) => tagged(0x30, ...contents);
export const set = (...contents: Uint8Array[]) => tagged(0x31, ...contents);
export const boolean = (value: boolean) => tagged(0x01, Buffer.from([value ? 0xff : 0]));
export const octetString = (bytes: Uint8Array) => tagged(0x04, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0) =>
  tagged(0x03, Buffer.from([unusedBits]), bytes);
export const utf8String = (text: string) => tagged(0x0c, Buffer.from(text, "utf8"));
/** `[n]` constructed, context-specific. */
export const context = (n: number, ...contents: Uint8Array[]) => tagged(0xa0 | n, ...contents);
/** `[n]` primitive, context-specific (implicit tagging of a string). */
export const contextPrimitive = (n: number, bytes: Uint8Array) => tagged(0x80 | n, bytes);

/** A non-negative integer from big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return tagged(0x02, (trimmed[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let value = part >>> 7; value > 0; value >>>= 7) groups.unshift((value & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after it, as RFC 5280 section 4.1.2.5 asks. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  const isLate = new Date(ms).getUTCFullYear() >= 2050;
  return isLate ? tagged(0x18, Buffer.from(digits)) : tagged(0x17, Buffer.from(digits.slice(2)));
}
