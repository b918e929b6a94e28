const ESC = 0x1b;
const CAN = 0x18;
const SUB = 0x1a;
const BEL = 0x07;

/**
 * How many leading bytes of `bytes`, which must begin outside any sequence, can be cut off without splitting a UTF-8
 * character or a control sequence (the states of https://vt100.net/emu/dec_ansi_parser, with OSC ended by BEL too).
 * A screen is only serialized at such a boundary: a client that got the rest alone would print it as text.
 */
export function escapeBoundary(bytes: Uint8Array): number {
  let i = 0;
  const end = bytes.length;
  while (i < end) {
    const byte = bytes[i]!;
    if (byte < 0x80 && byte !== ESC) {
      i++;
      continue;
    }
    const next = afterSequence(bytes, i);
    if (next === undefined) return i;
    i = next;
  }
  return end;
}

/** Where the sequence or character that begins at `i` ends; undefined when the bytes end before it. */
export function afterSequence(bytes: Uint8Array, i: number): number | undefined {
  return bytes[i] === ESC ? afterEscape(bytes, i + 1) : afterCharacter(bytes, i);
}

/** Each `after…` returns where the sequence that goes on at `i` ends, or undefined when the bytes end before it. */
function afterEscape(bytes: Uint8Array, i: number): number | undefined {
  for (; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 0x5b) return afterCsi(bytes, i + 1);
    if (byte === 0x5d) return afterString(bytes, i + 1, true);
    if (byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f)
      return afterString(bytes, i + 1, false);
    if (byte === ESC) return i; // the former ESC is dropped and a new sequence begins here
    if (byte >= 0x30 || byte === CAN || byte === SUB) return i + 1;
  }
  return undefined;
}

function afterCsi(bytes: Uint8Array, i: number): number | undefined {
  for (; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === ESC) return i;
    if (byte >= 0x40 || byte === CAN || byte === SUB) return i + 1;
  }
  return undefined;
}

function afterString(bytes: Uint8Array, i: number, endsAtBell: boolean): number | undefined {
  for (; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === CAN || byte === SUB || (endsAtBell && byte === BEL)) return i + 1;
    if (byte === 0xc2 && bytes[i + 1] === 0x9c) return i + 2;
    if (byte === ESC) {
      if (i + 1 === bytes.length) return undefined;
      return bytes[i + 1] === 0x5c ? i + 2 : i;
    }
  }
  return undefined;
}

/** A character of several bytes, or one of the C1 controls that begin a sequence (U+0090, U+009B ...). */
function afterCharacter(bytes: Uint8Array, i: number): number | undefined {
  const lead = bytes[i]!;
  const length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  for (let k = 1; k < (lead < 0xf5 ? length : 1); k++) {
    const byte = bytes[i + k];
    if (byte === undefined) return undefined;
    if (byte < 0x80 || byte > 0xbf) return i + k; // malformed: the terminal starts afresh at this byte
  }
  if (lead !== 0xc2) return i + (lead < 0xf5 ? length : 1);
  const control = bytes[i + 1]!;
  if (control === 0x9b) return afterCsi(bytes, i + 2);
  if (control === 0x9d) return afterString(bytes, i + 2, true);
  if (control === 0x90 || control === 0x98 || control === 0x9e || control === 0x9f)
    return afterString(bytes, i + 2, false);
  return i + 2;
}
