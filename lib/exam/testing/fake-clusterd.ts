import { createHash } from "node:crypto";
import type { CheckResult } from "@/lib/contract/check";
import { clusterdRpc, type ClusterdRpc, type LabStatus } from "@/lib/contract/clusterd";
import { AppError } from "@/lib/core/app-error";
import type { MethodParsed } from "@/lib/rpc/contract";
import type { RpcHandlers } from "@/lib/rpc/server";

type CheckRequest = MethodParsed<ClusterdRpc, "check.run">;

export interface FakeClusterd {
  handlers: RpcHandlers<ClusterdRpc>;
  /** As an RpcClient's: input and output go through the contract's schemas. */
  call: (method: string, input: unknown) => Promise<never>;
  labs: Map<string, LabStatus>;
  /** Labs of walks, which take room beside those of attempts. */
  passingLabs: number;
  /** What was called, in order: "lab.start a-xyz". */
  calls: string[];
  /** Thrown by the methods named here, until removed. */
  failures: Map<string, AppError>;
  /** Replaces the verdict for all questions. Default: an answer of "right" (or none, for a task) passes. */
  judge: (
    request: CheckRequest,
    question: CheckRequest["questions"][number],
  ) => Omit<CheckResult, "questionId">;
  /** With false, labs stay at their first step until `finish`. */
  readyAtOnce: boolean;
  finish: (labId: string, phase?: "ready" | "failed") => void;
}

const titles = {
  sandbox: "Create the nodes",
  "control-plane": "Start the control plane",
  nodes: "Join the nodes",
  addons: "Install the network",
  setup: "Prepare the questions",
  ready: "Ready",
} as const;

/** Implements clusterd's contract in memory, for tests of the use cases and pages. */
export function createFakeClusterd(): FakeClusterd {
  const waiters = new Set<() => void>();
  const find = (labId: string): LabStatus => {
    const status = fake.labs.get(labId);
    if (!status) throw new AppError("not-found", `There is no lab ${labId}.`);
    return status;
  };
  const set = (labId: string, phase: LabStatus["phase"], done: number) => {
    const before = fake.labs.get(labId);
    fake.labs.set(labId, {
      labId,
      revision: (before?.revision ?? 0) + 1,
      phase,
      startedAtMs: before?.startedAtMs ?? Date.now(),
      ...(phase === "ready" ? { readyAfterMs: 900 } : {}),
      ...(phase === "failed" ? { error: "The node controlplane did not start." } : {}),
      steps: Object.entries(titles).map(([id, title], index) => ({
        id: id as keyof typeof titles,
        title,
        state:
          index < done ? "done" : index === done ? (phase === "failed" ? "failed" : "running") : "waiting",
        ...(index < done ? { durationMs: 120 + index * 35 } : {}),
      })),
    });
    for (const wake of waiters) wake();
  };
  const enter = (method: string, labId = "") => {
    fake.calls.push(`${method} ${labId}`.trim());
    const failure = fake.failures.get(method);
    if (failure) throw failure;
  };
  const fake: FakeClusterd = {
    labs: new Map(),
    passingLabs: 0,
    calls: [],
    failures: new Map(),
    readyAtOnce: true,
    judge: (_request, { pointsMax, answer }) => {
      const passed = answer === undefined || answer === "right";
      return {
        outcome: passed ? "passed" : "failed",
        points: passed ? pointsMax : 0,
        pointsMax,
        guard: false,
        reason: passed ? "Right." : "Not what the cluster says.",
        evidence: [
          {
            label: "the value",
            expected: "right",
            seen: String(answer ?? "-"),
            source: "kubectl get nodes",
            passed,
          },
        ],
        durationMs: 12,
      };
    },
    finish: (labId, phase = "ready") => set(labId, phase, phase === "ready" ? 6 : 2),
    handlers: {
      health: async () => ({
        pid: process.pid,
        labs: fake.labs.size,
        passingLabs: fake.passingLabs,
        shards: [],
      }),
      "lab.start": async ({ labId }) => {
        enter("lab.start", labId);
        if (fake.labs.has(labId)) throw new AppError("conflict", `The lab ${labId} runs already.`);
        set(labId, "starting", 0);
        if (fake.readyAtOnce) set(labId, "ready", 6);
        return find(labId);
      },
      "lab.status": async ({ labId, afterRevision, timeoutMs }) => {
        enter("lab.status", labId);
        if (afterRevision !== undefined && find(labId).revision <= afterRevision)
          await new Promise<void>((resolve) => {
            const wake = () => {
              waiters.delete(wake);
              clearTimeout(timer);
              resolve();
            };
            const timer = setTimeout(wake, timeoutMs);
            waiters.add(wake);
          });
        return find(labId);
      },
      "lab.list": async () => ({ labs: [...fake.labs.values()] }),
      "lab.stop": async ({ labId }) => {
        enter("lab.stop", labId);
        fake.labs.delete(labId);
        return {};
      },
      "lab.freeze": async ({ labId }) => {
        enter("lab.freeze", labId);
        const { phase } = find(labId);
        if (phase !== "ready" && phase !== "frozen")
          throw new AppError("conflict", `The lab ${labId} is not ready: only a ready lab can be frozen.`);
        const frozen = { frozenId: sha256(labId), sizeBytes: 1000, frozenAtMs: 1 };
        set(labId, "frozen", 6);
        fake.labs.set(labId, { ...find(labId), frozen });
        return frozen;
      },
      "lab.thaw": async ({ labId, frozenId }) => {
        enter("lab.thaw", labId);
        if (!frozenId && find(labId).phase !== "frozen")
          throw new AppError("conflict", `The lab ${labId} is not frozen.`);
        set(labId, "starting", 0);
        if (fake.readyAtOnce) set(labId, "ready", 6);
        return find(labId);
      },
      "frozen.remove": async ({ frozenId }) => {
        enter("frozen.remove", frozenId);
        return {};
      },
      "frozen.export": noOtherHost,
      "frozen.import": noOtherHost,
      "lab.exec": async ({ labId }) => {
        enter("lab.exec", labId);
        find(labId);
        return { exitCode: 0, stdout: "", stderr: "", truncated: false, timedOut: false, durationMs: 1 };
      },
      "check.run": async (request) => {
        enter("check.run", request.labId);
        find(request.labId);
        return {
          results: request.questions.map((question) => ({
            questionId: question.questionId,
            ...fake.judge(request, question),
          })),
        };
      },
    },
    call: async (method, input) => {
      const name = method as keyof typeof clusterdRpc.methods;
      const parsed = clusterdRpc.methods[name].input.parse(input);
      const output = await fake.handlers[name](parsed as never, { signal: new AbortController().signal });
      return clusterdRpc.methods[name].output.parse(output) as never;
    },
  };
  return fake;
}

async function noOtherHost(): Promise<never> {
  throw new AppError("not-found", "The exam's use cases move no lab to another host.");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
