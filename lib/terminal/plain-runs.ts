import { afterSequence } from "./escape-boundary";

/** Escape, the shifts of character sets, and the lead byte of C1 controls: what changes more than text does. */
const marks = [0x1b, 0x0e, 0x0f, 0xc2];

/**
 * Where a long stretch of plain text begins to matter to a terminal that keeps `lines` lines: pairs [from, to) of bytes
 * that can be left out, since what follows them in the same stretch fills screen and scrollback by itself. Each cut
 * falls behind a CR LF, where the cursor stands at the left edge either way. `bytes`
 * begin and end outside any sequence.
 *
 * True only while the terminal scrolls its whole screen in the normal buffer: the caller looks at that at each `from`.
 */
export function needlessText(bytes: Uint8Array, lines: number): [from: number, to: number][] {
  const cuts: [number, number][] = [];
  for (let start = 0; start < bytes.length;) {
    const end = nextMark(bytes, start);
    // A line has at least its CR and LF.
    if (end - start > lines * 2) {
      const keepFrom = lastLines(bytes, start, end, lines);
      if (keepFrom > start) cuts.push([start, keepFrom]);
    }
    if (end === bytes.length) break;
    start = bytes[end]! < 0x10 ? end + 1 : (afterSequence(bytes, end) ?? bytes.length);
  }
  return cuts;
}

function nextMark(bytes: Uint8Array, from: number): number {
  let end = bytes.length;
  for (const mark of marks) {
    const at = bytes.subarray(0, end).indexOf(mark, from);
    if (at !== -1) end = at;
  }
  return end;
}

/** Start of the last `lines` full lines in [from, to); `from` when there are not as many. */
function lastLines(bytes: Uint8Array, from: number, to: number, lines: number): number {
  let at = to;
  for (let seen = 0; seen <= lines; seen++) {
    at = bytes.lastIndexOf(0x0a, at - 1);
    if (at <= from) return from;
  }
  return bytes[at - 1] === 0x0d ? at + 1 : from;
}
