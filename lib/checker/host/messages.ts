import type { CheckLimits } from "./limits";

/** What the checker's worker is started with. */
export interface WorkerStart {
  wasmModule: WebAssembly.Module;
  source: string;
  limits: CheckLimits;
  /**
   * [0]: the task whose guest code runs now, plus one, or 0. [1]: when that stretch began, ms since `epochMs`.
   * [2]: the worker's processor time then, ms, or -1 when that is not known.
   */
  stretch: SharedArrayBuffer;
  epochMs: number;
}

export type ToWorker =
  /** `message` is what the guest receives: a check to run, or "list". */
  | { type: "start"; task: number; message: unknown }
  | { type: "reply"; task: number; json: string }
  /** The task is decided: its guest is forgotten. */
  | { type: "drop"; task: number };

export type FromWorker =
  /** `threadId` is the kernel's, where it is known. */
  | { type: "ready"; threadId?: number }
  | { type: "call"; task: number; json: string }
  | { type: "result"; task: number; json: string }
  /** The guest cannot go on: it threw outside the check, looped, ran out of memory or brought its module down. */
  | { type: "dead"; task: number; problem: string };
