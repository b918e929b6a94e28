import { expect } from "@playwright/test";
import { supervisorSocket } from "@/lib/cli/supervisor/supervise";
import { supervisorRpc, type ProcessStatus } from "@/lib/contract/supervisor";
import { createRpcClient } from "@/lib/rpc/client";
import { instanceConfig } from "./instance";

async function processStatus(name: string): Promise<ProcessStatus> {
  const supervisor = createRpcClient(supervisorRpc, supervisorSocket(instanceConfig()), "the supervisor");
  try {
    const { processes } = await supervisor.call("status", {});
    return processes.find((one) => one.name === name)!;
  } finally {
    supervisor.close();
  }
}

/** kill -9 of a process of the instance; resolves when the supervisor has a new one that answers. */
export async function killAndWait(name: string): Promise<void> {
  const before = await processStatus(name);
  process.kill(before.pid!, "SIGKILL");
  await expect
    .poll(
      async () => {
        const { state, pid } = await processStatus(name);
        return state === "ready" && pid !== before.pid;
      },
      { timeout: 120_000 },
    )
    .toBe(true);
}

export async function pidOf(name: string): Promise<number> {
  return (await processStatus(name)).pid!;
}

/** Stops a process of the instance where it stands; the function that is returned lets it go on. */
export async function pauseProcess(name: string): Promise<() => void> {
  const pid = await pidOf(name);
  process.kill(pid, "SIGSTOP");
  return () => process.kill(pid, "SIGCONT");
}
