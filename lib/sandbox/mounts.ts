import { readFile } from "node:fs/promises";
import { runCommand } from "@/lib/core/run-command";

export interface MountEntry {
  target: string;
  type: string;
  source: string;
}

/** The mounts of this process's namespace, in the order they were made. */
export async function listMounts(): Promise<MountEntry[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [before, after] = line.split(" - ");
      const [type, source] = after!.split(" ");
      return { target: unescape(before!.split(" ")[4]!), type: type!, source: unescape(source!) };
    });
}

/** Unmounts whatever is mounted on or below `folder`, the latest first. Safe when nothing is. */
export async function unmountBelow(folder: string): Promise<void> {
  const targets = (await listMounts())
    .map(({ target }) => target)
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .reverse();
  if (targets.length === 0) return;
  // Detached: a process that is just dying may still hold one; the mount goes with its last user.
  await runCommand(["umount", "--lazy", "--no-canonicalize", "--internal-only", ...targets]);
}

/** mountinfo writes space, tab, newline and backslash as octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
