import { builtEntry } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { ensureMountNamespace, inMountNamespace, removeMountNamespace } from "./mount-namespace";

/** How whoever supervises labd starts and ends it; all as root. `env` carries EXAMCTL_DATA_DIR and EXAMCTL_RUN_DIR. */

/** Prepares labd's mount namespace and returns the argument vector that starts labd in it. */
export async function labdCommand(runDir: string): Promise<string[]> {
  await ensureMountNamespace(runDir);
  return inMountNamespace(runDir, [process.execPath, "--enable-source-maps", builtEntry("labd/main")]);
}

/** After labd has been stopped: removes every sandbox and labd's namespace. Safe to repeat and when none was started. */
export async function removeAllSandboxes(runDir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const argv = [...(await labdCommand(runDir)), "destroy-all"];
  await runCommand(argv, { env, timeoutMs: 120_000 });
  await removeMountNamespace(runDir);
}
