import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  writevSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * The journal of a terminal: everything that happened since the last checkpoint, appended before a client hears of it,
 * so that a terminald that is killed loses nothing that was shown. It is a row of segment files `<base>.<n>.journal`;
 * a checkpoint names the first one that still counts. A record is
 *
 *     u8 kind, u32 payload length, f64 time in ms since the epoch, payload
 *
 * and a torn one at a file's end (a kill during the write) is as if it had not been written.
 */
export type JournalRecord =
  | { kind: "start"; timeMs: number; cols: number; rows: number; title: string }
  | { kind: "output"; timeMs: number; bytes: Uint8Array }
  | { kind: "resize"; timeMs: number; cols: number; rows: number }
  /** The node no longer held the output before `offset`. */
  | { kind: "gap"; timeMs: number; offset: number };

export interface JournalPosition {
  segment: number;
  bytes: number;
}

const headerBytes = 13;
const readBlockBytes = 1 << 20;
const kinds = { start: 1, output: 2, resize: 3, gap: 4 } as const;

export function segmentFile(base: string, segment: number): string {
  return `${base}.${segment}.journal`;
}

/** Numbers of the segments on disk, ascending. */
export function listSegments(base: string): number[] {
  const prefix = `${basename(base)}.`;
  return readdirSync(dirname(base))
    .filter((name) => name.startsWith(prefix) && name.endsWith(".journal"))
    .map((name) => Number(name.slice(prefix.length, -".journal".length)))
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
}

export function removeSegmentsBefore(base: string, segment: number): void {
  for (const number of listSegments(base))
    if (number < segment) rmSync(join(dirname(base), basename(segmentFile(base, number))), { force: true });
}

/** Appends records; synchronous, since nothing may be shown before it is in the file (page cache: kill-safe). */
export class JournalWriter {
  readonly #base: string;
  #fd: number;
  #segment: number;
  #bytes = 0;

  constructor(base: string, segment: number) {
    this.#base = base;
    this.#segment = segment;
    this.#fd = openSync(segmentFile(base, segment), "a", 0o640);
    this.#bytes = fstatSync(this.#fd).size;
  }

  get position(): JournalPosition {
    return { segment: this.#segment, bytes: this.#bytes };
  }

  /** Throws the system's error (ENOSPC ...) with the file as it was before. */
  append(record: JournalRecord): void {
    const payload = payloadOf(record);
    const header = Buffer.allocUnsafe(headerBytes);
    header.writeUInt8(kinds[record.kind], 0);
    header.writeUInt32BE(payload.length, 1);
    header.writeDoubleBE(record.timeMs, 5);
    const length = headerBytes + payload.length;
    try {
      const written = writevSync(this.#fd, [header, payload]);
      if (written !== length) throw Object.assign(new Error("The disk is full."), { code: "ENOSPC" });
    } catch (failure) {
      ftruncateSync(this.#fd, this.#bytes);
      throw failure;
    }
    this.#bytes += length;
  }

  /** Goes on in a new segment and returns where the former one ended. */
  rotate(): JournalPosition {
    const ended = this.position;
    const fd = openSync(segmentFile(this.#base, this.#segment + 1), "a", 0o640);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#segment += 1;
    this.#bytes = 0;
    return ended;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The intact records of one segment from byte `from` up to byte `upTo`, each with the byte after it. */
export function* readSegment(
  base: string,
  segment: number,
  from: number,
  upTo: number,
): Generator<{ record: JournalRecord; end: number }> {
  let fd: number;
  try {
    fd = openSync(segmentFile(base, segment), "r");
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return;
    throw failure;
  }
  try {
    const end = Math.min(upTo, fstatSync(fd).size);
    let position = from;
    while (position < end) {
      const block = Buffer.allocUnsafe(Math.min(readBlockBytes, end - position));
      const length = readSync(fd, block, 0, block.length, position);
      let at = 0;
      while (at + headerBytes <= length) {
        const payloadBytes = block.readUInt32BE(at + 1);
        const next = at + headerBytes + payloadBytes;
        if (next > length) break;
        const record = parseRecord(block, at, next);
        if (!record) return;
        at = next;
        yield { record, end: position + at };
      }
      if (at === 0) return; // torn, or not a record of ours
      position += at;
    }
  } finally {
    closeSync(fd);
  }
}

function payloadOf(record: JournalRecord): Uint8Array {
  if (record.kind === "output") return record.bytes;
  const { kind: _kind, timeMs: _timeMs, ...rest } = record;
  return Buffer.from(JSON.stringify(rest));
}

function parseRecord(block: Buffer, at: number, end: number): JournalRecord | undefined {
  const timeMs = block.readDoubleBE(at + 5);
  const payload = block.subarray(at + headerBytes, end);
  const code = block[at];
  if (code === kinds.output) return { kind: "output", timeMs, bytes: payload };
  const kind =
    code === kinds.start
      ? "start"
      : code === kinds.resize
        ? "resize"
        : code === kinds.gap
          ? "gap"
          : undefined;
  if (!kind) return undefined;
  return { kind, timeMs, ...(JSON.parse(payload.toString("utf8")) as object) } as JournalRecord;
}
