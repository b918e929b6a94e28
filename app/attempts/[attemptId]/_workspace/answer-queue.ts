import type { AnswerValue } from "@/lib/contract/check";

/** `signed-out`: kept in this browser until the student has signed in again. */
export type SaveState = "saved" | "saving" | "offline" | "signed-out" | "refused";
export type Values = Record<string, AnswerValue | null>;

export interface AnswerQueueOptions {
  /** Stores one answer on the server. Throws an error with the server's code and sentence. */
  put(questionId: string, value: AnswerValue | null): Promise<unknown>;
  /** What outlives the page. `write` says whether it was kept. */
  store: { read(): Values; write(values: Values): boolean };
  onState(state: SaveState): void;
  onRefused(sentence: string): void;
  debounceMs?: number;
  retryMs?: number;
}

/**
 * The server has read the answer and will never take it: the attempt is over, or the question takes no such thing. After
 * any other failure (no connection, a session that ended, a full or slow server) the answer is kept and sent again.
 */
const finalCodes = ["invalid", "conflict", "not-found"];

/** Answers on their way to the server, in the order of their questions; the newest value of each counts. */
export class AnswerQueue {
  readonly #options: Required<AnswerQueueOptions>;
  #pending: Values = {};
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #kept = true;
  #state: SaveState = "saved";

  constructor(options: AnswerQueueOptions) {
    this.#options = { debounceMs: 500, retryMs: 3000, ...options };
  }

  /** Whether leaving the page now would lose an answer: it is neither sent nor kept for an unavoidable sign-in. */
  get wouldLose(): boolean {
    return this.#isPending && !(this.#state === "signed-out" && this.#kept);
  }

  /** Takes up what an earlier page could not send, sends it, and returns it. */
  resume(): Values {
    const kept = this.#options.store.read();
    if (Object.keys(kept).length === 0) return {};
    this.#pending = { ...kept, ...this.#pending };
    this.#trySoon(0);
    return kept;
  }

  set(questionId: string, value: AnswerValue | null, soon = false): void {
    this.#pending[questionId] = value;
    this.#remember();
    if (this.#state === "saved" || this.#state === "refused") this.#tell("saving");
    this.#trySoon(soon ? 0 : this.#options.debounceMs);
  }

  /** Sends everything that is not saved; resolves when the server has it. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#isPending) this.#trySoon(this.#options.retryMs);
    });
    return this.#sending;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get #isPending(): boolean {
    return Object.keys(this.#pending).length > 0;
  }

  #trySoon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush().catch(() => undefined), ms);
  }

  async #send(): Promise<void> {
    for (let entry = first(this.#pending); entry; entry = first(this.#pending)) {
      const [questionId, value] = entry;
      // A state that says why stays until something was saved.
      if (this.#state === "saved" || this.#state === "refused") this.#tell("saving");
      try {
        await this.#options.put(questionId, value);
      } catch (failure) {
        const { code, message } = failure as { code?: string; message: string };
        if (finalCodes.includes(code ?? "")) {
          if (this.#pending[questionId] === value) delete this.#pending[questionId];
          this.#remember();
          this.#tell("refused");
          this.#options.onRefused(message);
        } else this.#tell(code === "unauthenticated" ? "signed-out" : "offline");
        throw failure;
      }
      // Typed on while it was sent: the newer value goes next.
      if (this.#pending[questionId] === value) delete this.#pending[questionId];
      this.#remember();
    }
    this.#tell("saved");
  }

  #remember(): void {
    this.#kept = this.#options.store.write(this.#pending);
  }

  #tell(state: SaveState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function first(values: Values): [string, AnswerValue | null] | undefined {
  return Object.entries(values)[0];
}
