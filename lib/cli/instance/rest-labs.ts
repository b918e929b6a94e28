import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "@/lib/config";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { supervisorRpc } from "@/lib/contract/supervisor";
import { AppError } from "@/lib/core/app-error";
import type { RpcClient } from "@/lib/rpc/client";
import { freezeLabs, type FreezeReport } from "./freeze-labs";

export interface RestOptions {
  clusterd: Pick<RpcClient<ClusterdRpc>, "call">;
  supervisor: Pick<RpcClient<typeof supervisorRpc>, "call">;
  /** Labs that have nodes on this host. */
  runningLabs: () => Promise<string[]>;
  /** Labs that cannot be put to rest are given up instead of an error. */
  force?: boolean;
  onProgress?: (line: string) => void;
}

const howToGoOn = "To stop all the same and lose them: npx examctl down --force";

/**
 * What must come before an instance is stopped: every lab rests on disk, or is listed as `failed` with `force`. Meanwhile
 * web is held, so that nobody starts or wakes another. Throws rather than let a lab be lost, and web goes on.
 */
export async function restLabs(options: RestOptions): Promise<FreezeReport> {
  const { supervisor } = options;
  // Without a supervisor nothing serves people, or at least nothing can be held.
  await supervisor.call("hold", { name: "web" }, { timeoutMs: 60_000 }).catch(() => undefined);
  try {
    return await restAll(options);
  } catch (failure) {
    await supervisor.call("release", { name: "web" }).catch(() => undefined);
    throw failure;
  }
}

async function restAll(options: RestOptions): Promise<FreezeReport> {
  const { clusterd, runningLabs, force, onProgress } = options;
  const report = await freezeLabs(clusterd, runningLabs, { onProgress }).catch(async (cause: unknown) => {
    const running = await runningLabs();
    const { message } = AppError.from(cause);
    if (running.length > 0 && !force)
      throw new AppError(
        "unavailable",
        `${message} It is what puts labs to rest, and ${running.length} run: stopping now would destroy them.\n` +
          `Try again in a moment; if nothing runs but labs, start examctl first: npm run up\n${howToGoOn}`,
        { cause, details: { labs: running } },
      );
    return { frozen: 0, failed: running.map((labId) => ({ labId, reason: message })) };
  });
  if (report.failed.length > 0 && !force)
    throw new AppError(
      "conflict",
      `Stopped nothing, since these labs cannot be put to rest and would be lost:\n` +
        report.failed.map(({ labId, reason }) => `  ${labId}: ${reason}\n`).join("") +
        howToGoOn,
      { details: { ...report } },
    );
  return report;
}

/** What labd keeps of a lab that runs is in the run folder, which is empty after a reboot and after `down`. */
export async function labsWithNodes({ runDir }: Pick<Config, "runDir">): Promise<string[]> {
  return readdir(join(runDir, "labs")).catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === "ENOENT") return [];
    throw failure;
  });
}
