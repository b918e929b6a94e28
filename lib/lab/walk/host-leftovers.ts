import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Finds what a stopped lab left on this host, by its id: processes, mounts in any mount namespace, cgroups, files below
 * the given folders. Needs root to look into other users' processes; what cannot be read is skipped.
 */
export function hostLeftovers(folders: readonly string[]): (labId: string) => Promise<string[]> {
  return async (labId) => [
    ...(await findProcessesAndMounts(labId)),
    ...(await findNamed("/sys/fs/cgroup", labId, 6)).map((path) => `the cgroup ${path}`),
    ...(await Promise.all(folders.map((folder) => findNamed(folder, labId, 4))))
      .flat()
      .map((path) => `the file ${path}`),
  ];
}

async function findProcessesAndMounts(labId: string): Promise<string[]> {
  const found: string[] = [];
  const seenMountNamespaces = new Set<string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [commandLine, cgroup] = await Promise.all([
      read(`/proc/${pid}/cmdline`),
      read(`/proc/${pid}/cgroup`),
    ]);
    if (commandLine.includes(labId) || cgroup.includes(labId))
      found.push(
        `the process ${pid} (${commandLine.replaceAll("\0", " ").trim().slice(0, 120) || cgroup.trim()})`,
      );
    const namespace = await readlink(`/proc/${pid}/ns/mnt`).catch(() => "");
    if (namespace === "" || seenMountNamespaces.has(namespace)) continue;
    seenMountNamespaces.add(namespace);
    for (const line of (await read(`/proc/${pid}/mountinfo`)).split("\n"))
      if (line.includes(labId)) found.push(`the mount ${line.split(" ")[4]} (namespace of process ${pid})`);
  }
  return found;
}

async function findNamed(folder: string, labId: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.name.includes(labId)) return [path];
      return entry.isDirectory() && depth > 1 ? findNamed(path, labId, depth - 1) : [];
    }),
  );
  return nested.flat();
}

function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
