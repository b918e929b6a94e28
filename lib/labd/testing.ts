import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { projectRoot } from "@/lib/core/paths";
import { randomId } from "@/lib/core/ids";
import { labdRpc, type LabdRpc } from "@/lib/contract/labd";
import { createRpcClient, type RpcClient } from "@/lib/rpc/client";
import { labdCommand, removeAllSandboxes } from "./launch";

/** A real labd for tests and benches: data and run directories of its own, the node root and images shared. */
export interface TestLabd {
  client: RpcClient<LabdRpc>;
  /** For processes that are to talk to it: EXAMCTL_DATA_DIR, EXAMCTL_RUN_DIR. */
  env: { EXAMCTL_DATA_DIR: string; EXAMCTL_RUN_DIR: string };
  dataDir: string;
  runDir: string;
  socketPath: string;
  pid(): number;
  /** What labd logged so far. */
  log(): string;
  /** kill -9; sandboxes go on. */
  kill(): Promise<void>;
  /** Starts labd again after `kill`. */
  restart(): Promise<void>;
  /** Stops labd, destroys every sandbox, removes the directories. */
  close(): Promise<void>;
}

/**
 * Starts labd as root with throwaway directories. `cacheDir` (default <repo>/var) holds the node root and the images,
 * which are built there when missing. Build dist/ first (scripts/build.mjs; the integration project does).
 */
export async function startTestLabd(cacheDir = join(projectRoot, "var")): Promise<TestLabd> {
  const dataDir = await mkdtemp(join(tmpdir(), "examctl-test-"));
  const runDir = `/run/examctl-test-${randomId(6)}`;
  await mkdir(runDir, { mode: 0o755 });
  for (const shared of ["rootfs", "images", "disk-templates"]) {
    await mkdir(join(cacheDir, shared), { recursive: true });
    await symlink(join(cacheDir, shared), join(dataDir, shared));
  }
  const env = { EXAMCTL_DATA_DIR: dataDir, EXAMCTL_RUN_DIR: runDir };
  const socketPath = join(runDir, "labd.sock");
  const client = createRpcClient(labdRpc, socketPath, "labd", { timeoutMs: 120_000 });
  let log = "";
  let child: ChildProcess | undefined;

  const start = async () => {
    const [program, ...args] = await labdCommand(runDir);
    const started = spawn(program!, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    started.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    child = started;
    await answers(client, started, () => log);
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
    await removeAllSandboxes(runDir, { ...process.env, ...env });
    await rm(runDir, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
  await start().catch(async (failure: unknown) => {
    await close();
    throw failure;
  });
  return {
    client,
    env,
    dataDir,
    runDir,
    socketPath,
    pid: () => child!.pid!,
    log: () => log,
    kill: () => stop("SIGKILL"),
    restart: start,
    close,
  };
}

/** Waits until labd answers. The first start on a machine builds the node root, which takes a minute. */
async function answers(client: RpcClient<LabdRpc>, child: ChildProcess, log: () => string): Promise<void> {
  const deadlineMs = performance.now() + 300_000;
  for (;;) {
    try {
      return void (await client.call("health", {}));
    } catch (cause) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || performance.now() > deadlineMs)
        throw new AppError("unavailable", `labd did not start:\n${log()}`, { cause });
    }
    await systemClock.sleep(20);
  }
}
