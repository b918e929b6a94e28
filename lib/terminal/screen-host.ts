import { Keeper, type Snapshot } from "./keeper";
import type { JournalPosition } from "./journal";

export type Recovered = Awaited<ReturnType<Keeper["recover"]>>;

/** Screens and recordings by the base path of a terminal's files. Calls for one base run one after another. */
export interface ScreenHost {
  snapshot(base: string, upTo: JournalPosition): Promise<Snapshot>;
  compact(base: string, ended: JournalPosition): Promise<{ castBytes: number }>;
  recover(base: string): Promise<Recovered>;
  /** Lets go of the files. */
  release(base: string): Promise<void>;
}

export interface LocalScreenHostOptions {
  /** Screens kept in memory (about 10 MB each when their scrollback is full); the others are rebuilt when asked for. */
  keepersMax?: number;
  castBytesMax?: number;
}

/** A host in this thread. terminald runs one in a worker, so that parsing never delays an echo. */
export class LocalScreenHost implements ScreenHost {
  readonly #keepers = new Map<string, { keeper: Keeper; busy: number; last: Promise<unknown> }>();

  constructor(private readonly options: LocalScreenHostOptions = {}) {}

  snapshot(base: string, upTo: JournalPosition): Promise<Snapshot> {
    return this.#run(base, (keeper) => keeper.snapshot(upTo));
  }

  compact(base: string, ended: JournalPosition): Promise<{ castBytes: number }> {
    return this.#run(base, (keeper) => keeper.compact(ended));
  }

  recover(base: string): Promise<Recovered> {
    return this.#run(base, (keeper) => keeper.recover());
  }

  async release(base: string): Promise<void> {
    const entry = this.#keepers.get(base);
    if (!entry) return;
    await entry.last.catch(() => undefined);
    if (this.#keepers.get(base) !== entry || entry.busy > 0) return;
    this.#keepers.delete(base);
    entry.keeper.close();
  }

  async #run<T>(base: string, work: (keeper: Keeper) => Promise<T>): Promise<T> {
    const entry = this.#keepers.get(base) ?? {
      keeper: new Keeper(base, this.options.castBytesMax),
      busy: 0,
      last: Promise.resolve() as Promise<unknown>,
    };
    this.#keepers.delete(base); // and put last: the map's order is the order of use
    this.#keepers.set(base, entry);
    entry.busy += 1;
    const result = entry.last.catch(() => undefined).then(() => work(entry.keeper));
    entry.last = result;
    try {
      return await result;
    } catch (failure) {
      // Its state is unknown now; what is on disk is not.
      if (this.#keepers.get(base) === entry) this.#keepers.delete(base);
      entry.keeper.close();
      throw failure;
    } finally {
      entry.busy -= 1;
      this.#evict();
    }
  }

  #evict(): void {
    for (const [base, entry] of this.#keepers) {
      if (this.#keepers.size <= (this.options.keepersMax ?? 48)) return;
      if (entry.busy > 0) continue;
      this.#keepers.delete(base);
      entry.keeper.close();
    }
  }
}
