import { AppError } from "@/lib/core/app-error";

/** One field off the wire: a number (varint, fixed) or bytes. */
export interface WireField {
  number: number;
  value: bigint | Buffer;
}

const broken = (what: string) =>
  new AppError("invalid", `The protobuf body is broken: ${what}. Send JSON, or encode the object again.`);

/** The fields of one message, in order. Throws `invalid` on anything that is no well-formed message. */
export function* readFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw broken("it ends inside a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken("a number is too long");
  };
  const take = (count: number): Buffer => {
    if (count < 0 || at + count > bytes.length) throw broken("it ends inside a field");
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Number(key >> 3n);
    if (number < 1) throw broken("a field has no number");
    switch (Number(key & 7n)) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(Number(varint())) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw broken(`field ${number} has an unknown wire type`);
    }
  }
}

export const asBuffer = (value: bigint | Buffer): Buffer => {
  if (typeof value === "bigint") throw broken("a number stands where bytes belong");
  return value;
};

export const asNumber = (value: bigint | Buffer): number => {
  if (typeof value !== "bigint") throw broken("bytes stand where a number belongs");
  return Number(BigInt.asIntN(64, value));
};

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function asText(value: bigint | Buffer): string {
  try {
    return utf8.decode(asBuffer(value));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw broken("a text is not valid UTF-8");
  }
}
