import { AppError } from "@/lib/core/app-error";
import type { CheckResult } from "@/lib/contract/check";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { ParameterValues } from "@/lib/contract/fields";
import type { LabManifest } from "@/lib/contract/lab";
import type { CallOptions, RpcClient } from "@/lib/rpc/client";
import type { Lab } from "../lab";
import { renderTemplate } from "../render-template";
import { resolveEnvironment } from "../resolve-environment";
import { readAnswers, type Answers } from "./read-answers";

const startTimeoutMs = 180_000;
const scriptTimeoutMs = 180_000;
const checkDeadlineMs = 60_000;
/** A lab whose walk has not called for so long has lost it, and clusterd ends it. */
const idleMsMax = 120_000;
/** How often a walk calls for each of its labs, whatever else it does. */
export const walkSignMs = 20_000;

/** An instance of a lab that a walk or an author plays on, by clusterd. */
export class RunningLab {
  /** From the call to ready. */
  startedAfterMs = 0;

  constructor(
    readonly labId: string,
    private readonly lab: Lab,
    private readonly source: string,
    private readonly parameters: ParameterValues,
    private readonly clusterd: RpcClient<ClusterdRpc>,
    /** Ends waiting for whatever the lab does, but for `stop`. */
    private readonly signal?: AbortSignal,
  ) {}

  /** Resolves when the lab is ready. Throws what went wrong, in words, and never waits for ever. */
  async start(): Promise<void> {
    const startedMs = performance.now();
    const environment = resolveEnvironment(this.lab, this.parameters);
    let status = await this.clusterd.call(
      "lab.start",
      { labId: this.labId, environment, idleMsMax },
      this.#options(120_000),
    );
    while (status.phase === "starting") {
      if (performance.now() - startedMs > startTimeoutMs)
        throw new AppError("timeout", `The lab was not ready after ${startTimeoutMs / 1000} s.`);
      const input = { labId: this.labId, afterRevision: status.revision, timeoutMs: 5000 };
      status = await this.clusterd.call("lab.status", input, this.#options(90_000));
    }
    if (status.phase !== "ready")
      throw new AppError("internal", `The lab did not start: ${status.error ?? `it is ${status.phase}`}`);
    this.startedAfterMs = performance.now() - startedMs;
  }

  #options(timeoutMs: number): CallOptions {
    return { timeoutMs, ...(this.signal ? { signal: this.signal } : {}) };
  }

  /** Where a student's shell is: a base, else the control plane, else the first node. */
  get desk(): string {
    const { nodes } = this.lab.manifest;
    const one =
      nodes.find(({ role }) => role === "base") ?? nodes.find(({ role }) => role === "control-plane");
    return renderTemplate((one ?? nodes[0]!).name, this.parameters);
  }

  /** A sign of life of the walk; never fails. */
  async keep(): Promise<void> {
    await this.clusterd.call("lab.status", { labId: this.labId }).catch(() => undefined);
  }

  stop(): Promise<unknown> {
    return this.clusterd.call("lab.stop", { labId: this.labId }, { timeoutMs: 120_000 });
  }

  /** Runs a script of the lab as root where a student's shell is; its answers and complaints. */
  async play(script: string): Promise<{ answers: Answers; problems: string[] }> {
    const result = await this.clusterd.call(
      "lab.exec",
      {
        labId: this.labId,
        node: this.desk,
        argv: ["bash", "-c", renderTemplate(script, this.parameters)],
        timeoutMs: scriptTimeoutMs,
      },
      this.#options(scriptTimeoutMs + 15_000),
    );
    const { answers, problems } = readAnswers(this.lab, this.parameters, result.stdout);
    if (result.timedOut) problems.unshift(`The script took longer than ${scriptTimeoutMs / 1000} s.`);
    else if (result.exitCode !== 0)
      problems.unshift(
        `The script exited with ${result.exitCode}: ${(result.stderr || result.stdout).trim().slice(-1500)}`,
      );
    return { answers, problems };
  }

  /** Grades all questions and guards, or only those that are named. */
  async check(
    answers: Answers,
    { questions, guards }: Pick<LabManifest, "questions" | "guards"> = this.lab.manifest,
  ): Promise<CheckResult[]> {
    const { results } = await this.clusterd.call(
      "check.run",
      {
        labId: this.labId,
        source: this.source,
        parameters: this.parameters,
        questions: [
          ...questions.map(({ id, points }) => ({ questionId: id, pointsMax: points, answer: answers[id] })),
          ...guards.map((id) => ({ questionId: id, pointsMax: 0 })),
        ],
        deadlineMs: checkDeadlineMs,
      },
      this.#options(checkDeadlineMs + 30_000),
    );
    return results;
  }
}
