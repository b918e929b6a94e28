import { AppError } from "../app-error";

/** One ASN.1 value in DER. */
export interface DerValue {
  tag: number;
  /** Without tag and length. */
  content: Buffer;
  /** With them. */
  raw: Buffer;
}

/** The values that `bytes` are made of, one after the other. Throws AppError when they are not whole. */
export function readAll(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    let header = 2;
    let length = bytes[at + 1] ?? broken();
    if (length & 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || at + 2 + count > bytes.length) broken();
      length = bytes.readUIntBE(at + 2, count);
      header += count;
    }
    const end = at + header + length;
    if (end > bytes.length) broken();
    values.push({ tag, content: bytes.subarray(at + header, end), raw: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}

/** The parts of a constructed value. */
export function partsOf(value: DerValue | undefined, tag = 0x30): DerValue[] {
  if (value?.tag !== tag) broken();
  return readAll(value.content);
}

/** An object identifier as "1.2.840". */
export function oidOf(value: DerValue | undefined): string {
  if (value?.tag !== 0x06 || value.content.length === 0) broken();
  const [first = 0, ...rest] = value.content;
  const numbers = [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40))];
  let number = 0;
  for (const byte of rest) {
    number = number * 128 + (byte & 0x7f);
    if (!(byte & 0x80)) {
      numbers.push(number);
      number = 0;
    }
  }
  return numbers.join(".");
}

function broken(): never {
  throw new AppError(
    "invalid",
    "The certificate request is not valid DER; make it anew, for example with openssl req.",
  );
}
