import { Worker } from "node:worker_threads";
import { AppError } from "@/lib/core/app-error";
import type { Logger } from "@/lib/core/logger";
import { builtEntry } from "@/lib/core/paths";
import type { JournalPosition } from "@/lib/terminal/journal";
import type { Recovered, ScreenHost } from "@/lib/terminal/screen-host";
import type { Snapshot } from "@/lib/terminal/keeper";

export interface ScreenCall {
  id: number;
  method: keyof ScreenHost;
  base: string;
  position?: JournalPosition;
}
export interface ScreenReply {
  id: number;
  value?: unknown;
  failure?: string;
}

/** The worker's old generation in MB: past it the worker dies and a new one rebuilds what is asked for from disk. */
const heapMbMax = 1536;

/** A ScreenHost in a worker thread. When the worker dies its calls are made once more on a new one. */
export class WorkerScreenHost implements ScreenHost {
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;
  readonly #calls = new Map<
    number,
    {
      call: ScreenCall;
      repeated: boolean;
      resolve: (value: unknown) => void;
      reject: (failure: unknown) => void;
    }
  >();

  constructor(private readonly logger: Logger) {}

  snapshot(base: string, position: JournalPosition): Promise<Snapshot> {
    return this.#call("snapshot", base, position) as Promise<Snapshot>;
  }

  compact(base: string, position: JournalPosition): Promise<{ castBytes: number }> {
    return this.#call("compact", base, position) as Promise<{ castBytes: number }>;
  }

  recover(base: string): Promise<Recovered> {
    return this.#call("recover", base) as Promise<Recovered>;
  }

  release(base: string): Promise<void> {
    return this.#call("release", base) as Promise<void>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #call(method: keyof ScreenHost, base: string, position?: JournalPosition): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call: ScreenCall = { id: this.#nextId++, method, base, position };
      this.#calls.set(call.id, { call, repeated: false, resolve, reject });
      this.#running().postMessage(call);
    });
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(builtEntry("terminald/screen-main"), {
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    worker.on("message", ({ id, value, failure }: ScreenReply) => {
      const waiting = this.#calls.get(id);
      this.#calls.delete(id);
      if (failure === undefined) waiting?.resolve(value);
      else
        waiting?.reject(
          new AppError("internal", "A terminal's screen could not be rebuilt.", { cause: failure }),
        );
    });
    worker.on("error", (failure) => this.logger.error({ err: failure }, "screen worker failed"));
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      if (!this.#closed) this.#repeat();
    });
    this.#worker = worker;
    return worker;
  }

  #repeat(): void {
    for (const [id, waiting] of this.#calls) {
      if (waiting.repeated) {
        this.#calls.delete(id);
        waiting.reject(new AppError("internal", "A terminal's screen could not be rebuilt."));
      } else {
        waiting.repeated = true;
        this.#running().postMessage(waiting.call);
      }
    }
  }
}
