import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { CastWriter } from "./cast";
import { listSegments, readSegment, removeSegmentsBefore, type JournalPosition } from "./journal";
import { Screen } from "./screen";

const checkpointFile = z.object({
  version: z.literal(1),
  nextSegment: z.number().int(),
  offset: z.number().int(),
  cols: z.number().int(),
  rows: z.number().int(),
  title: z.string(),
  /** Base64 of Screen.serialize. */
  screen: z.string(),
  cast: z.object({ bytes: z.number(), ended: z.boolean(), startedAtMs: z.number(), partial: z.string() }),
});

export interface Snapshot {
  /** Bytes of output that the screen has seen. */
  offset: number;
  cols: number;
  rows: number;
  title: string;
  bytes: Uint8Array;
}

/**
 * Turns the journal of one terminal into its screen (`<base>.screen`, the checkpoint) and its recording
 * (`<base>.cast`). Both follow from checkpoint and journal alone, so a keeper may be thrown away at any moment: the
 * next one repeats what was not checkpointed. Calls must not overlap.
 */
export class Keeper {
  readonly #base: string;
  #screen: Screen;
  #cast: CastWriter;
  #offset = 0;
  #position: JournalPosition = { segment: 0, bytes: 0 };
  #restore: Buffer | undefined;
  #closed = false;

  constructor(base: string, castBytesMax?: number) {
    this.#base = base;
    const file = `${base}.screen`;
    const saved = existsSync(file) ? checkpointFile.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
    this.#screen = new Screen(saved?.cols ?? 80, saved?.rows ?? 24);
    this.#cast = new CastWriter(`${base}.cast`, saved?.cast, castBytesMax);
    if (saved) {
      this.#offset = saved.offset;
      this.#position = { segment: saved.nextSegment, bytes: 0 };
      this.#screen.title = saved.title;
      this.#restore = Buffer.from(saved.screen, "base64");
    }
  }

  /** The screen when the journal had reached `upTo`. */
  async snapshot(upTo: JournalPosition): Promise<Snapshot> {
    await this.#advance(upTo);
    const { cols, rows, title } = this.#screen;
    return { offset: this.#offset, cols, rows, title, bytes: this.#screen.serialize() };
  }

  /** Checkpoints at `ended`, the end of a segment, and removes what the checkpoint makes needless. */
  async compact(ended: JournalPosition): Promise<{ castBytes: number }> {
    await this.#advance(ended);
    this.#position = { segment: ended.segment + 1, bytes: 0 };
    const { cols, rows, title } = this.#screen;
    const saved: z.infer<typeof checkpointFile> = {
      version: 1,
      nextSegment: this.#position.segment,
      offset: this.#offset,
      cols,
      rows,
      title,
      screen: this.#screen.serialize().toString("base64"),
      cast: this.#cast.state,
    };
    replaceFile(`${this.#base}.screen`, JSON.stringify(saved));
    removeSegmentsBefore(this.#base, this.#position.segment);
    return { castBytes: saved.cast.bytes };
  }

  /**
   * Where the terminal stands after everything that the disk holds: for a start after a kill, so without parsing any
   * of it. `nextSegment` is free for a new writer.
   */
  async recover(): Promise<Omit<Snapshot, "bytes"> & { nextSegment: number }> {
    const segments = listSegments(this.#base).filter((segment) => segment >= this.#position.segment);
    const { title } = this.#screen;
    let { cols, rows } = this.#screen;
    let offset = this.#offset;
    for (const segment of segments) {
      const from = segment === this.#position.segment ? this.#position.bytes : 0;
      for (const { record } of readSegment(this.#base, segment, from, Number.MAX_SAFE_INTEGER)) {
        if (record.kind === "output") offset += record.bytes.length;
        else if (record.kind === "gap") offset = record.offset;
        else ({ cols, rows } = record);
      }
    }
    return { offset, cols, rows, title, nextSegment: (segments.at(-1) ?? this.#position.segment - 1) + 1 };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#screen.dispose();
    this.#cast.close();
  }

  async #advance(upTo: JournalPosition): Promise<void> {
    if (this.#restore) {
      await this.#screen.write(this.#restore);
      this.#restore = undefined;
    }
    while (this.#position.segment <= upTo.segment) {
      const { segment, bytes } = this.#position;
      const limit = segment === upTo.segment ? upTo.bytes : Number.MAX_SAFE_INTEGER;
      const batch = new WriteBatch(this.#screen);
      for (const { record, end } of readSegment(this.#base, segment, bytes, limit)) {
        switch (record.kind) {
          case "start":
            await batch.flush();
            this.#screen.resize(record.cols, record.rows);
            this.#cast.start(record.timeMs, record.cols, record.rows, record.title);
            break;
          case "output":
            await batch.add(record.bytes);
            this.#cast.output(record.timeMs, record.bytes);
            this.#offset += record.bytes.length;
            break;
          case "resize":
            await batch.flush();
            this.#screen.resize(record.cols, record.rows);
            this.#cast.resize(record.timeMs, record.cols, record.rows);
            break;
          case "gap":
            this.#cast.marker(record.timeMs, `${record.offset - this.#offset} bytes of output were lost`);
            this.#offset = record.offset;
            break;
        }
        this.#position = { segment, bytes: end };
      }
      await batch.flush();
      if (segment === upTo.segment) return;
      this.#position = { segment: segment + 1, bytes: 0 };
    }
  }
}

/** Long enough that a screen can leave out most of a long text (plain-runs.ts); bounds the memory of a batch. */
const batchBytesMax = 8 << 20;

/** Gathers outputs, since each write to a terminal waits for a turn of its timer. */
class WriteBatch {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(private readonly screen: Screen) {}

  async add(bytes: Uint8Array): Promise<void> {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= batchBytesMax) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const all = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    await this.screen.write(all);
  }
}

/** Whoever reads the file sees the old text or the new one. */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.new`;
  const fd = openSync(temporary, "w", 0o640);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
}
