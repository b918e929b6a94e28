import { existsSync, readdirSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

interface HostPlaces {
  /** Where `ip netns` keeps names. */
  namespaces: string;
  /** labd's claims of numbers, from which names of namespaces follow: files that hold the path of a lab's record. */
  claims: string;
  blockDevices: string;
}

const hostPlaces: HostPlaces = {
  namespaces: "/run/netns",
  claims: "/run/examctl-slots",
  blockDevices: "/sys/block",
};

/**
 * Finds what a stopped lab left on this host, by its id: processes, mounts in any mount namespace, cgroups, loop devices,
 * files below the given folders; and network namespaces that belong to no lab and were not there before. Needs root to
 * look into other users' processes; what cannot be read is skipped.
 */
export function hostLeftovers(
  folders: readonly string[],
  places = hostPlaces,
): (labId: string) => Promise<string[]> {
  const known = new Set(unclaimedNamespaces(places));
  return async (labId) => [
    ...(await findProcessesAndMounts(labId)),
    ...(await findLoopDevices(labId, places)).map((name) => `the loop device ${name}`),
    ...unclaimedNamespaces(places)
      .filter((name) => !known.has(name))
      .map((name) => `the network namespace ${name}`),
    ...(await findNamed("/sys/fs/cgroup", labId, 6)).map((path) => `the cgroup ${path}`),
    ...(await Promise.all(folders.map((folder) => findNamed(folder, labId, 4))))
      .flat()
      .map((path) => `the file ${path}`),
  ];
}

/** labd claims a number before it makes the namespace, and removes the namespace first: one without a claim was forgotten. */
function unclaimedNamespaces({ namespaces, claims }: HostPlaces): string[] {
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  const claimed = new Set(list(claims).map((number) => `examctl-${number}`));
  return list(namespaces).filter((name) => /^examctl-\d+$/.test(name) && !claimed.has(name));
}

async function findLoopDevices(labId: string, { blockDevices }: HostPlaces): Promise<string[]> {
  const names = (await readdir(blockDevices).catch(() => [])).filter((name) => name.startsWith("loop"));
  const files = await Promise.all(names.map((name) => read(join(blockDevices, name, "loop/backing_file"))));
  return names.filter((_, index) => files[index]!.includes(labId));
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
