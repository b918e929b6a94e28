import { readFile, writeFile } from "node:fs/promises";
import { AppError } from "@/lib/core/app-error";

/**
 * What the kernel counts once for the whole host: at their defaults one lab could use each up for all others. Raised so
 * far that a lab meets limits of its own first: its memory, which what is counted here is charged to, its processes, and
 * those of its user namespaces (node-limits.ts).
 */
const minimums: Record<string, number> = {
  "fs/file-max": 2 ** 40,
  "fs/aio-max-nr": 2 ** 30,
  "fs/inotify/max_user_instances": 2 ** 20,
  "fs/inotify/max_user_watches": 2 ** 24,
  "fs/fanotify/max_user_groups": 2 ** 20,
  "kernel/pty/max": 2 ** 20,
  "kernel/pid_max": 2 ** 22,
  // Of all network namespaces together. Entries beyond the second are thrown out after five seconds, beyond the third at once.
  ...neighbourTable("ipv4"),
  ...neighbourTable("ipv6"),
};

function neighbourTable(family: "ipv4" | "ipv6"): Record<string, number> {
  const folder = `net/${family}/neigh/default`;
  return {
    [`${folder}/gc_thresh3`]: 2 ** 20,
    [`${folder}/gc_thresh2`]: 2 ** 16,
    [`${folder}/gc_thresh1`]: 2 ** 14,
  };
}

/**
 * Raises the host's limits where they are lower; never lowers one. Returns those that could not be raised, in words: a host
 * that is a container of somebody else's may not be asked.
 */
export async function raiseHostLimits(
  folder = "/proc/sys",
  wanted: Record<string, number> = minimums,
): Promise<string[]> {
  const refused: string[] = [];
  for (const [name, minimum] of Object.entries(wanted)) {
    const path = `${folder}/${name}`;
    try {
      const present = Number(await readFile(path, "utf8"));
      if (present < minimum) await writeFile(path, `${minimum}\n`);
    } catch (failure) {
      // A kernel without IPv6 or fanotify has no such table to use up.
      if ((failure as NodeJS.ErrnoException).code !== "ENOENT")
        refused.push(`${name.replaceAll("/", ".")} (at least ${minimum}): ${AppError.from(failure).message}`);
    }
  }
  return refused;
}
