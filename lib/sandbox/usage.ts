import { readFile } from "node:fs/promises";
import type { SandboxHost } from "./host";
import { diskBytesUsed } from "./disk";
import { sandboxPaths } from "./paths";
import type { SandboxRecord } from "./record";

/**
 * What a sandbox takes of the host: the proportional set size of its processes (a page shared by n processes counts
 * 1/n to each), their number, and the blocks of its disk image.
 */
export async function sandboxUsage(
  host: SandboxHost,
  record: SandboxRecord,
): Promise<{ pssBytes: number; processes: number; diskBytes: number }> {
  const pids = await host.cgroups.pids(record.sandboxId);
  const sizes = await Promise.all(pids.map(pssBytes));
  return {
    pssBytes: sizes.reduce((total, bytes) => total + bytes, 0),
    processes: pids.length,
    diskBytes: await diskBytesUsed(sandboxPaths(host.paths, record.sandboxId).diskImage),
  };
}

/** 0 for a process that has ended meanwhile. */
export async function pssBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}
