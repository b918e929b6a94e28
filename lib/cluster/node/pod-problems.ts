import type { Clock } from "@/lib/core/clock";
import type { PodProblem, PodProblems } from "./pod-plan";

const imageBackOffAfterMs = 1000;

interface Delays {
  firstMs: number;
  maxMs: number;
}

/** What could not be done lately for each pod of a node, and when it is tried again. */
export class PodProblemStore {
  readonly #pods = new Map<string, Map<string, PodProblem>>();

  constructor(private readonly clock: Clock) {}

  of(uid: string): PodProblems {
    return this.#of(uid);
  }

  /** `name`: a container, or "" for the sandbox and volumes. Every failure in a row doubles the pause. */
  add(uid: string, name: string, reason: string, message: string, { firstMs, maxMs }: Delays): void {
    const problems = this.#of(uid);
    const failures = (problems.get(name)?.failures ?? 0) + 1;
    const delayMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 10), maxMs);
    problems.set(name, { reason, message, failures, retryAtMs: this.clock.now() + delayMs });
  }

  /** A failed pull: the container shows the failure first, then that it waits for the next attempt. */
  addPull(uid: string, name: string, image: string, message: string, delays: Delays): void {
    this.add(uid, name, "ErrImagePull", message, delays);
    const problem = this.#of(uid).get(name)!;
    problem.then = {
      atMs: this.clock.now() + imageBackOffAfterMs,
      reason: "ImagePullBackOff",
      message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
    };
  }

  clear(uid: string, name: string): void {
    this.#pods.get(uid)?.delete(name);
  }

  forget(uid: string): void {
    this.#pods.delete(uid);
  }

  #of(uid: string): Map<string, PodProblem> {
    const problems = this.#pods.get(uid) ?? new Map<string, PodProblem>();
    this.#pods.set(uid, problems);
    return problems;
  }
}
