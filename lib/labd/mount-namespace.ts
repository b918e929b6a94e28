import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "@/lib/core/run-command";
import { listMounts } from "@/lib/sandbox/mounts";

/**
 * labd's own mount namespace, kept alive by a file: all mounts of labs live in it, out of the host's sight, and a labd
 * that starts after another was killed finds them there. Call as root before labd is started; safe to repeat.
 */
export async function ensureMountNamespace(runDir: string): Promise<void> {
  const { folder, pin } = places(runDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mounts = await listMounts();
  if (mounts.some(({ target, type }) => target === pin && type === "nsfs")) return;
  if (!mounts.some(({ target }) => target === folder)) {
    // A namespace can be pinned only where mounts do not propagate.
    await runCommand(["mount", "--bind", folder, folder]);
    await runCommand(["mount", "--make-private", folder]);
  }
  await writeFile(pin, "", { mode: 0o600 });
  await runCommand(["unshare", `--mount=${pin}`, "--propagation", "private", "true"]);
}

/** The argument vector that runs `argv` in the namespace that `ensureMountNamespace` made; becomes it, same pid. */
export function inMountNamespace(runDir: string, argv: string[]): string[] {
  return ["nsenter", `--mount=${places(runDir).pin}`, "--", ...argv];
}

/** Lets the namespace go, after labd has ended: mounts that are left in it vanish with its last process. */
export async function removeMountNamespace(runDir: string): Promise<void> {
  const { folder, pin } = places(runDir);
  const targets = (await listMounts()).map(({ target }) => target);
  for (const target of [pin, folder])
    if (targets.includes(target)) await runCommand(["umount", "--lazy", target]);
  await rm(folder, { recursive: true, force: true });
}

function places(runDir: string) {
  const folder = join(runDir, "ns");
  return { folder, pin: join(folder, "mnt") };
}
