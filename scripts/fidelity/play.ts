import { systemClock } from "@/lib/core/clock";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { RpcClient } from "@/lib/rpc/client";
import { environmentOf, untaint } from "./environment";
import type { PublicLab, Script, Stage } from "./lab";

export interface Verdict {
  passed: boolean;
  /** Where it went wrong, and the line that says so. */
  reason?: string;
  /** Scripts that ended with another code than 0 though nothing depends on it. */
  remarks: string[];
}

interface Ended {
  exitCode: number;
  /** The last line that was printed. */
  line: string;
  output: string;
}

type Clusterd = Pick<RpcClient<ClusterdRpc>, "call">;
const scriptTimeoutS = 240;
/** A person presses Check again when a rollout was not over yet. */
const verifyAgainMs = 60_000;
const idleMsMax = 400_000;

/** Plays a public lab on a cluster of its own: its checks must fail, and pass after its own solution. Throws when the cluster does not start. */
export async function playLab(
  clusterd: Clusterd,
  labId: string,
  lab: PublicLab,
  { isWeak, untilMs }: { isWeak: boolean; untilMs: number },
): Promise<Verdict> {
  await startLab(clusterd, labId, lab, untilMs);
  try {
    const remarks: string[] = [];
    const run = (script: Script) => runScript(clusterd, labId, lab, script, untilMs);
    const remark = async (script: Script) => {
      const { exitCode, line } = await run(script);
      if (exitCode !== 0) remarks.push(`${script.name} ended with ${exitCode}: ${line}`);
    };
    for (const script of lab.nodes === "one" ? [untaint, ...lab.setup] : lab.setup) await remark(script);
    let hasFailedBefore = false;
    for (const stage of lab.stages) {
      for (const script of stage.setup) await remark(script);
      if (stage.verify.length > 0) hasFailedBefore ||= (await verify(stage, run)) !== undefined;
      const solved = await run(stage.solution);
      if (stage.verify.length === 0) {
        const wrong = firstError(solved);
        if (wrong) return { passed: false, reason: `${stage.solution.name}: ${wrong}`, remarks };
        continue;
      }
      if (solved.exitCode !== 0)
        remarks.push(`${stage.solution.name} ended with ${solved.exitCode}: ${solved.line}`);
      const wrong = await untilPassed(stage, run, untilMs);
      if (wrong) return { passed: false, reason: `after the solution, ${wrong}`, remarks };
    }
    const isChecked = lab.stages.some(({ verify: scripts }) => scripts.length > 0);
    if (isChecked && !hasFailedBefore && !isWeak)
      return { passed: false, reason: "its checks pass before anything is done", remarks };
    return { passed: true, remarks };
  } finally {
    await clusterd.call("lab.stop", { labId }, { timeoutMs: 120_000 });
  }
}

async function startLab(clusterd: Clusterd, labId: string, lab: PublicLab, untilMs: number): Promise<void> {
  let status = await clusterd.call("lab.start", { labId, environment: environmentOf(lab), idleMsMax });
  while (status.phase === "starting") {
    if (performance.now() > untilMs) throw new Error("the cluster did not get ready in time");
    status = await clusterd.call("lab.status", { labId, afterRevision: status.revision, timeoutMs: 5000 });
  }
  if (status.phase !== "ready") throw new Error(`the cluster did not start: ${status.error}`);
}

/** What the first check that fails says, or undefined. */
async function verify(stage: Stage, run: (script: Script) => Promise<Ended>): Promise<string | undefined> {
  for (const script of stage.verify) {
    const { exitCode, line } = await run(script);
    if (exitCode !== 0) return `${script.name} says: ${line || `nothing, and ends with ${exitCode}`}`;
  }
  return undefined;
}

async function untilPassed(
  stage: Stage,
  run: (script: Script) => Promise<Ended>,
  untilMs: number,
): Promise<string | undefined> {
  const giveUpMs = Math.min(performance.now() + verifyAgainMs, untilMs);
  for (;;) {
    const wrong = await verify(stage, run);
    if (wrong === undefined || performance.now() > giveUpMs) return wrong;
    await systemClock.sleep(3000);
  }
}

function firstError({ output, exitCode, line }: Ended): string | undefined {
  const wrong = output
    .split("\n")
    .find((one) => /^(error:|Error from server|Error:)|command not found/.test(one));
  return wrong ?? (exitCode === 124 ? `it did not end: ${line}` : undefined);
}

async function runScript(
  clusterd: Clusterd,
  labId: string,
  { workDir }: PublicLab,
  { text, args = [], name }: Script,
  untilMs: number,
): Promise<Ended> {
  const seconds = Math.max(1, Math.min(scriptTimeoutS, Math.ceil((untilMs - performance.now()) / 1000)));
  const file = `/tmp/lab/${name.replaceAll(/[^\w.-]+/g, "_").slice(0, 80)}`;
  const place = `mkdir -p /tmp/lab ${workDir}; cat > "$0"; cd ${workDir}; exec timeout -k 5 ${seconds} bash "$0" "$@" </dev/null 2>&1`;
  const { exitCode, stdout } = await clusterd.call(
    "lab.exec",
    {
      ...{ labId, node: "controlplane", stdin: text, timeoutMs: (seconds + 20) * 1000 },
      argv: ["bash", "-c", place, file, ...args],
    },
    { timeoutMs: (seconds + 40) * 1000 },
  );
  const line = stdout.trim().split("\n").at(-1)?.trim() ?? "";
  return { exitCode, line: line.slice(0, 200), output: stdout };
}
