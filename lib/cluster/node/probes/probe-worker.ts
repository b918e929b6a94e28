import type { Clock } from "@/lib/core/clock";
import type { Probe } from "@/lib/cluster/resources/types";
import type { ActionOutcome } from "../actions/action";

export type ProbeKind = "liveness" | "readiness" | "startup";

export interface ProbeWorkerOptions {
  kind: ProbeKind;
  probe: Probe;
  containerStartedAtMs: number;
  /** The result that holds before the probe has said anything. */
  initial: boolean;
  clock: Clock;
  /** Readiness and liveness wait until the container counts as started. */
  untilStarted: Promise<unknown>;
  /**
   * A connection that is refused this soon after the start, or a readiness of 503, only means that the program is not up
   * yet: tried again at once and not told, and the initial delay is left out. 0 for none.
   */
  eagerMs: number;
  run(timeoutMs: number): Promise<ActionOutcome>;
  onOutcome(outcome: ActionOutcome): void;
  /** The result has changed, past its threshold. */
  onResult(isSuccess: boolean): void;
}

/** Each longer than the one before, to the last. */
const eagerPausesMs = [25, 50, 75, 100, 150, 200];

/**
 * Probes one run of a container until stopped (kubernetes 1.34 pkg/kubelet/prober/worker.go): initial delay, period,
 * thresholds. A liveness or startup probe that has failed, and a startup probe that has succeeded, have nothing more to say.
 */
export class ProbeWorker {
  readonly #abort = new AbortController();
  #result: boolean;
  #hasDecided = false;
  #last: boolean | undefined;
  #inARow = 0;

  constructor(private readonly options: ProbeWorkerOptions) {
    this.#result = options.initial;
    void this.#run().catch(() => undefined);
  }

  stop(): void {
    this.#abort.abort(new Error("The probe is over."));
  }

  async #run(): Promise<void> {
    const { kind, probe, clock, untilStarted, containerStartedAtMs, eagerMs } = this.options;
    const { signal } = this.#abort;
    const eagerUntilMs = containerStartedAtMs + eagerMs;
    const isEager = () => clock.now() < eagerUntilMs;
    await untilStarted;
    const firstAtMs = containerStartedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    if (!isEager() && firstAtMs > clock.now()) await clock.sleep(firstAtMs - clock.now(), signal);
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const pausesMs = [...eagerPausesMs];
    while (!signal.aborted) {
      const beganMs = clock.now();
      const outcome = await this.options.run((probe.timeoutSeconds ?? 1) * 1000);
      if (signal.aborted) return;
      const isSuccess = outcome.result !== "failure";
      if (isEager() && isNotUpYet(outcome, kind)) {
        await clock.sleep(pausesMs.shift() ?? eagerPausesMs.at(-1)!, signal);
        continue;
      }
      this.options.onOutcome(outcome);
      this.#count(isSuccess);
      if (this.#hasDecided && (kind === "startup" || (kind === "liveness" && !this.#result))) return;
      await clock.sleep(Math.max(1, Math.max(firstAtMs, beganMs + periodMs) - clock.now()), signal);
    }
  }

  #count(isSuccess: boolean): void {
    const { probe } = this.options;
    this.#inARow = this.#last === isSuccess ? this.#inARow + 1 : 1;
    this.#last = isSuccess;
    const threshold = isSuccess ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#inARow < threshold) return;
    this.#hasDecided = true;
    const hasChanged = this.#result !== isSuccess || this.options.kind === "startup";
    this.#result = isSuccess;
    if (hasChanged) this.options.onResult(isSuccess);
  }
}

function isNotUpYet({ output }: ActionOutcome, kind: ProbeKind): boolean {
  return (
    /connection refused$|: EOF$/.test(output) || (kind === "readiness" && /statuscode: 503$/.test(output))
  );
}
