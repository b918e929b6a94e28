const firstBytes = 256;

/**
 * Writes the protobuf wire format: enough for messages without packed numbers and floats of 32 bits. All of it goes into one buffer
 * that grows: documents of megabytes have messages ten deep.
 */
export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  string(field: number, value: string | undefined): this {
    return value ? this.text(field, value) : this;
  }

  /** A string that is on the wire even when it is empty. */
  text(field: number, value: string): this {
    const size = Buffer.byteLength(value);
    this.#head(field, size);
    this.#buffer.write(value, this.#length);
    this.#length += size;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#head(field, value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  bool(field: number, value: boolean | undefined): this {
    return value ? this.int(field, 1) : this;
  }

  /** Negative numbers take ten bytes, as int32 and int64 do on the wire. */
  int(field: number, value: number | bigint): this {
    this.#small(field * 8);
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      this.#buffer[this.#length++] = rest > 0n ? low | 0x80 : low;
    } while (rest > 0n);
    return this;
  }

  double(field: number, value: number): this {
    this.#small(field * 8 + 1);
    this.#room(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  message(field: number, write: (writer: ProtoWriter) => void): this {
    this.#small(field * 8 + 2);
    const start = this.#length;
    write(this);
    // Its length goes before it and is known only now.
    const size = this.#length - start;
    const head = sizeOf(size);
    this.#room(head);
    this.#buffer.copyWithin(start + head, start, this.#length);
    this.#length = start;
    this.#small(size);
    this.#length += size;
    return this;
  }

  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  #head(field: number, size: number): void {
    this.#small(field * 8 + 2);
    this.#small(size);
    this.#room(size);
  }

  /** A varint of a number below 2^31: tags and lengths. */
  #small(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest >>>= 7) size++;
  return size;
}
