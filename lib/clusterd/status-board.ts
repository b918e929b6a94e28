import type { Clock } from "@/lib/core/clock";
import type { FrozenLab, LabStatus } from "@/lib/contract/clusterd";
import type { LabRecord } from "./lab-folder";

type StepId = LabStatus["steps"][number]["id"];

const titles: Record<StepId, string> = {
  sandbox: "Creating the nodes and their network",
  "control-plane": "Starting the control plane",
  nodes: "Joining the nodes to the cluster",
  addons: "Installing network, DNS and kube-proxy",
  setup: "Preparing the exercises",
  ready: "Waiting until everything answers",
};

export function waitingSteps(): LabStatus["steps"] {
  return (Object.keys(titles) as StepId[]).map((id) => ({ id, title: titles[id], state: "waiting" }));
}

export function statusOf(record: LabRecord): LabStatus {
  const { labId, revision, phase, steps, error, startedAtMs, readyAfterMs, idleMsMax, frozen } = record;
  return { labId, revision, phase, steps, error, startedAtMs, readyAfterMs, idleMsMax, frozen };
}

/** A lab's progress: changed by the start, read by long polls, stored with every change. */
export class StatusBoard {
  #record: LabRecord;
  #waiters = new Set<() => void>();
  #stored: Promise<void> = Promise.resolve();

  constructor(
    record: LabRecord,
    private readonly clock: Clock,
    private readonly store: (record: LabRecord) => Promise<void>,
  ) {
    this.#record = record;
  }

  get record(): LabRecord {
    return this.#record;
  }

  get status(): LabStatus {
    return statusOf(this.#record);
  }

  /** Runs one step of the start and records how it went. A step that was done before a restart keeps its time. */
  async step<T>(id: StepId, work: () => Promise<T>): Promise<T> {
    const before = this.#record.steps.find((step) => step.id === id);
    if (before?.state === "done") return work();
    const startedMs = performance.now();
    this.#setStep(id, { state: "running", durationMs: undefined });
    try {
      const result = await work();
      this.#setStep(id, { state: "done", durationMs: Math.round(performance.now() - startedMs) });
      return result;
    } catch (failure) {
      this.#setStep(id, { state: "failed", durationMs: Math.round(performance.now() - startedMs) });
      throw failure;
    }
  }

  /**
   * Runs `work` once in the life of the lab, however often clusterd starts. It may run again when clusterd dies in it or
   * just after it: the mark is on disk with the next `flush`.
   */
  async once(mark: string, work: () => Promise<void>): Promise<void> {
    if (this.#record.done.includes(mark)) return;
    await work();
    this.#change({ done: [...this.#record.done, mark] });
  }

  ready(): void {
    const readyAfterMs = this.#record.readyAfterMs ?? this.clock.now() - this.#record.startedAtMs;
    this.#change({ phase: "ready", readyAfterMs, error: undefined });
  }

  /** Stores the phase before anything is done about it. */
  async freezing(): Promise<void> {
    this.#change({ phase: "freezing" });
    await this.#stored;
  }

  /** `cleanUp` runs when that is on disk and before anybody hears of it: whoever hears may thaw the lab. */
  async frozen(frozen: FrozenLab, cleanUp: () => Promise<void>): Promise<void> {
    await this.#storeThenTell({ phase: "frozen", frozen, thawing: undefined, error: undefined }, cleanUp);
  }

  /** The freeze did not come about, or the thaw did not: it is as before, with the reason. */
  async stays(phase: "ready" | "frozen", error?: string): Promise<void> {
    await this.#storeThenTell({ phase, error, ...(phase === "frozen" ? { steps: waitingSteps() } : {}) });
  }

  /** The nodes are made: from here on the archive they came from is history. */
  async thawed(): Promise<void> {
    this.#change({ thawing: undefined, frozen: undefined });
    await this.#stored;
  }

  fail(sentence: string): void {
    this.#change({ phase: "failed", error: sentence });
  }

  async stopping(): Promise<void> {
    if (this.#record.phase !== "stopping") this.#change({ phase: "stopping" });
    await this.#stored;
  }

  /** Resolves with a status newer than `afterRevision`, or the present one after `timeoutMs`. */
  async wait(afterRevision: number | undefined, timeoutMs: number): Promise<LabStatus> {
    if (afterRevision === undefined || this.#record.revision > afterRevision) return this.status;
    const controller = new AbortController();
    const changed = new Promise<void>((resolve) => {
      const waiter = () => {
        this.#waiters.delete(waiter);
        resolve();
      };
      this.#waiters.add(waiter);
      controller.signal.addEventListener("abort", waiter, { once: true });
    });
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    await changed;
    clearTimeout(timer);
    return this.status;
  }

  /** Resolves when everything so far is on disk; throws what kept it from being so. */
  flush(): Promise<void> {
    return this.#stored;
  }

  /** For what others act upon by reading the record: nobody hears of it before it is on disk. */
  async #storeThenTell(change: Partial<LabRecord>, then?: () => Promise<void>): Promise<void> {
    await this.#stored;
    await this.store({ ...this.#record, ...change, revision: this.#record.revision + 1 });
    await then?.();
    this.#change(change);
    await this.#stored;
  }

  #setStep(id: StepId, change: Partial<LabStatus["steps"][number]>): void {
    this.#change({
      steps: this.#record.steps.map((step) => (step.id === id ? { ...step, ...change } : step)),
    });
  }

  #change(change: Partial<LabRecord>): void {
    this.#record = { ...this.#record, ...change, revision: this.#record.revision + 1 };
    // Writes are in order, and one that waits stores the newest state: later ones then find nothing to do.
    let latest: LabRecord;
    this.#stored = this.#stored
      .catch(() => undefined)
      .then(async () => {
        latest = this.#record;
        if (latest.revision === this.#storedRevision) return;
        await this.store(latest);
        this.#storedRevision = latest.revision;
      });
    this.#stored.catch(() => undefined); // whoever needs durability awaits flush()
    for (const waiter of [...this.#waiters]) waiter();
  }

  #storedRevision = -1;
}
