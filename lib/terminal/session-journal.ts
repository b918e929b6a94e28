import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { JournalWriter, type JournalPosition, type JournalRecord } from "./journal";
import type { ScreenHost } from "./screen-host";
import type { Snapshot } from "./keeper";

/** After this much output, as soon as it is quiet for `quietMs`. */
const compactBytes = 256 << 10;
const quietMs = 1_000;
/** After this much output at once, and past the second figure the shell waits: the journal's share of the disk. */
const compactNowBytes = 64 << 20;
const holdBytes = 192 << 20;
const diskRetryMs = 2_000;

export interface SessionJournalOptions {
  base: string;
  clock: Clock;
  logger: Logger;
  screens: ScreenHost;
  /** The shell must wait, or may go on. */
  pause(reason: "journal" | "disk", paused: boolean): void;
  /** The disk is full: said once each time. */
  diskFull(): void;
}

type Entry = JournalRecord & { then?: () => void };

/** A session's journal and when it is turned into screen and recording. */
export class SessionJournal {
  readonly #writer: JournalWriter;
  #uncompactedBytes: number;
  #compacting: Promise<unknown> | undefined;
  #lastOutputMs = 0;
  #waitingForQuiet = false;
  #held: Entry[] = [];
  #stop = new AbortController();
  #closed: JournalPosition | undefined;

  constructor(
    private readonly options: SessionJournalOptions,
    segment: number,
  ) {
    this.#writer = new JournalWriter(options.base, segment);
    this.#uncompactedBytes = segment === 0 ? 0 : compactBytes; // recovered: compact at the first quiet moment
    if (segment > 0) this.#considerCompaction();
  }

  /** Appends, then calls `then`; in order, and when the disk is full as soon as it is not. */
  append(record: JournalRecord, then: () => void): void {
    if (this.#closed) return;
    if (this.#held.length > 0) return void this.#held.push({ ...record, then });
    try {
      this.#write(record);
    } catch (failure) {
      this.options.logger.error({ err: failure }, "terminal journal cannot be written");
      this.#held.push({ ...record, then });
      this.options.pause("disk", true);
      this.options.diskFull();
      void this.#retryHeld();
      return;
    }
    then();
  }

  snapshot(): Promise<Snapshot> {
    return this.options.screens.snapshot(this.options.base, this.#closed ?? this.#writer.position);
  }

  /** Brings screen and recording on disk up to now; returns the recording's size. */
  async compact(): Promise<{ castBytes: number }> {
    const ended = this.#closed
      ? { ...this.#closed, segment: this.#closed.segment - 1 }
      : this.#writer.rotate();
    this.#uncompactedBytes = 0;
    const compacting = this.options.screens.compact(this.options.base, ended);
    this.#compacting = compacting;
    try {
      return await compacting;
    } finally {
      if (this.#compacting === compacting) this.#compacting = undefined;
      this.options.pause("journal", this.#uncompactedBytes >= holdBytes);
    }
  }

  /** Stops writing; with `final`, screen and recording are brought up to the end first. */
  async close(final: boolean): Promise<void> {
    if (this.#closed) return;
    this.#stop.abort();
    if (!final) {
      this.#closed = this.#writer.position;
      return this.#writer.close();
    }
    const done = this.compact();
    this.#closed = this.#writer.position;
    this.#writer.close();
    await done;
  }

  #write(record: JournalRecord): void {
    this.#writer.append(record);
    if (record.kind !== "output") return;
    this.#uncompactedBytes += record.bytes.length;
    this.#lastOutputMs = record.timeMs;
    if (this.#uncompactedBytes >= compactBytes) this.#considerCompaction();
    if (this.#uncompactedBytes >= holdBytes && this.#compacting) this.options.pause("journal", true);
  }

  #considerCompaction(): void {
    if (this.#uncompactedBytes >= compactNowBytes && !this.#compacting) return this.#compactSafely();
    if (this.#waitingForQuiet) return;
    this.#waitingForQuiet = true;
    void this.#waitForQuiet().finally(() => {
      this.#waitingForQuiet = false;
    });
  }

  async #waitForQuiet(): Promise<void> {
    const { clock } = this.options;
    try {
      do {
        await clock.sleep(Math.max(50, this.#lastOutputMs + quietMs - clock.now()), this.#stop.signal);
      } while (this.#lastOutputMs + quietMs > clock.now());
    } catch {
      return;
    }
    if (!this.#compacting && this.#uncompactedBytes >= compactBytes) this.#compactSafely();
  }

  #compactSafely(): void {
    this.compact().catch((failure: unknown) => {
      this.options.logger.error({ err: failure }, "terminal journal cannot be compacted");
      this.#uncompactedBytes += compactBytes;
    });
  }

  async #retryHeld(): Promise<void> {
    while (this.#held.length > 0) {
      try {
        await this.options.clock.sleep(diskRetryMs, this.#stop.signal);
      } catch {
        return;
      }
      try {
        for (let next = this.#held[0]; next; next = this.#held[0]) {
          const { then, ...record } = next;
          this.#write(record);
          this.#held.shift();
          then?.();
        }
      } catch {
        continue;
      }
    }
    this.options.pause("disk", false);
  }
}
