import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { builtEntry } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { clusterdRpc, type ClusterdRpc, type LabStatus } from "@/lib/contract/clusterd";
import type { LabEnvironmentInput } from "@/lib/contract/environment";
import { twoNodes } from "./two-nodes";
import { startTestLabd, type TestLabd } from "@/lib/labd/testing";
import { switchName } from "@/lib/sandbox/net";
import { createRpcClient, type RpcClient } from "@/lib/rpc/client";

/** A real clusterd over a real labd, both with directories of their own; for integration tests, walks and benches. */
export interface TestClusterd {
  client: RpcClient<ClusterdRpc>;
  labd: TestLabd;
  socketPath: string;
  pid(): number;
  /** What clusterd and its shards logged so far. */
  log(): string;
  /** The last of it that warns, for the message of a test that fails. */
  warnings(): string;
  /** kill -9 of the main process; its shards end by themselves, the nodes go on. */
  kill(): Promise<void>;
  /** Starts clusterd again after `kill`. */
  restart(): Promise<void>;
  /** Stops both, destroys every sandbox, removes the directories. */
  close(): Promise<void>;
}

/** Needs root and built entries (scripts/build.mjs). `shards` defaults to 1. */
export async function startTestClusterd(
  options: { shards?: number; cacheDir?: string } = {},
): Promise<TestClusterd> {
  const labd = await startTestLabd(options.cacheDir);
  const socketPath = join(labd.runDir, "clusterd.sock");
  const client = createRpcClient(clusterdRpc, socketPath, "clusterd", { timeoutMs: 150_000 });
  let log = "";
  let child: ChildProcess | undefined;
  const start = async () => {
    const started = spawn(process.execPath, ["--enable-source-maps", builtEntry("clusterd/main")], {
      env: { ...process.env, ...labd.env, EXAMCTL_SHARDS: String(options.shards ?? 1) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child = started;
    started.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    const untilMs = performance.now() + 120_000;
    for (;;) {
      try {
        return void (await client.call("health", {}));
      } catch (cause) {
        if (started.exitCode !== null || performance.now() > untilMs)
          throw new AppError("unavailable", `clusterd did not start:\n${log}`, { cause });
        await systemClock.sleep(20);
      }
    }
  };
  const stop = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await ended;
  };
  const close = async () => {
    client.close();
    await stop("SIGTERM");
    await labd.close();
  };
  await start().catch(async (failure: unknown) => {
    await close();
    throw failure;
  });
  return {
    client,
    labd,
    socketPath,
    pid: () => child!.pid!,
    log: () => log,
    warnings: () => {
      const lines = log.split("\n").filter((line) => /"level":[456]0/.test(line));
      return lines.slice(-12).join("\n");
    },
    kill: () => stop("SIGKILL"),
    restart: start,
    close,
  };
}

/** Waits while a lab is on its way from one phase to another. */
export async function untilSettled(
  client: RpcClient<ClusterdRpc>,
  status: LabStatus | Promise<LabStatus>,
): Promise<LabStatus> {
  let latest = await status;
  while (latest.phase === "starting" || latest.phase === "freezing") {
    const { labId, revision } = latest;
    latest = await client.call("lab.status", { labId, afterRevision: revision });
  }
  return latest;
}

/** Starts a lab and waits until it is ready; throws its error when it fails. */
export async function startReadyLab(
  client: RpcClient<ClusterdRpc>,
  labId: string,
  environment: LabEnvironmentInput = twoNodes(),
): Promise<LabStatus> {
  const status = await untilSettled(client, client.call("lab.start", { labId, environment }));
  if (status.phase !== "ready")
    throw new AppError("internal", `The lab ${labId} is ${status.phase}: ${status.error}`);
  return status;
}

/** Runs a command at the lab's gateway: outside the cluster, on the nodes' own network. For a clusterd with one lab. */
export async function atGateway({ labd }: TestClusterd, argv: string[]): Promise<string> {
  const slots = "/run/examctl-slots";
  const own = readdirSync(slots).find((name) =>
    readFileSync(join(slots, name), "utf8").startsWith(labd.dataDir),
  );
  const inside = ["nsenter", `--mount=/proc/${labd.pid()}/ns/mnt`, "--"];
  const command = [...inside, "ip", "netns", "exec", switchName(Number(own)), ...argv];
  return (await runCommand(command, { timeoutMs: 120_000, allowFailure: true })).stdout;
}

export { twoNodes };
