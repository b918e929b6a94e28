import { spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { AppError, type ErrorCode } from "@/lib/core/app-error";
import { builtEntry } from "@/lib/core/paths";
import { logPathOf, recordsFolder } from "./records";
import type { ClusterSettings, ReadyCluster } from "./run-cluster-main";

/** What a detached process tells the one that started it, once. */
export type DetachedReport = { ready: ReadyCluster } | { error: { code: ErrorCode; message: string } };

const readyTimeoutMs = 30_000;

/** Starts a bare control plane in a process of its own that outlives this one; its log is a file beside its record. */
export async function detachCluster(settings: ClusterSettings): Promise<ReadyCluster> {
  await mkdir(recordsFolder(), { recursive: true, mode: 0o700 });
  const logPath = logPathOf(settings.name);
  const log = await open(logPath, "w", 0o600);
  const child = spawn(process.execPath, [builtEntry("cli/cluster/detached-main"), JSON.stringify(settings)], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    cwd: "/",
  });
  await log.close();
  const report = await new Promise<DetachedReport>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new AppError("internal", `The cluster did not start: ${why}. Its log is ${logPath}.`));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`it was not ready within ${readyTimeoutMs / 1000} s`);
    }, readyTimeoutMs);
    child.once("message", (message) => {
      clearTimeout(timer);
      resolve(message as DetachedReport);
    });
    child.once("error", (failure) => fail(failure.message));
    child.once("exit", (code, signal) => fail(`its process ended (${signal ?? code})`));
  });
  child.removeAllListeners();
  if (child.connected) child.disconnect();
  child.unref();
  if ("error" in report) throw new AppError(report.error.code, report.error.message);
  return report.ready;
}
