/** Writes the protobuf wire format: enough for messages without packed numbers or floats. */
export class ProtoWriter {
  private readonly parts: Uint8Array[] = [];

  string(field: number, value: string | undefined): this {
    return value === undefined || value === "" ? this : this.bytes(field, Buffer.from(value, "utf8"));
  }

  bytes(field: number, value: Uint8Array): this {
    this.parts.push(small(field * 8 + 2), small(value.length), value);
    return this;
  }

  bool(field: number, value: boolean | undefined): this {
    return value ? this.int(field, 1) : this;
  }

  int(field: number, value: number | bigint): this {
    this.parts.push(small(field * 8), varint(BigInt(value)));
    return this;
  }

  message(field: number, write: (writer: ProtoWriter) => void): this {
    const inner = new ProtoWriter();
    write(inner);
    return this.bytes(field, inner.finish());
  }

  finish(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** A varint of a number below 2^31: tags and lengths. */
function small(value: number): Uint8Array {
  if (value < 0x80) return Uint8Array.of(value);
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Negative numbers take ten bytes, as int32 and int64 do on the wire. */
function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}
