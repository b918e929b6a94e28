import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { runCommand } from "@/lib/core/run-command";
import type { TestClusterd } from "./testing";

/**
 * Whatever labs of a test's labd and clusterd can leave on a machine, one line each, and the resident memory of both. Only
 * what is theirs: others may run beside them.
 */
export async function leftBehind(
  clusterd: TestClusterd,
): Promise<{ traces: string[]; residentBytes: number }> {
  const { labd } = clusterd;
  const inLabd = async (...argv: string[]) =>
    (await runCommand(["nsenter", `--mount=/proc/${labd.pid()}/ns/mnt`, "--", ...argv])).stdout.split("\n");
  const [mounts, groups, links, files, slots, namespaces, loops, processes] = await Promise.all([
    inLabd("cat", "/proc/mounts").then((lines) =>
      lines.filter((line) => line.includes(`${labd.runDir}/labs/`)),
    ),
    inLabd("find", `/sys/fs/cgroup/examctl-${basename(labd.runDir)}`, "-mindepth", "1", "-type", "d"),
    hostLinks(),
    runCommand(["find", labd.dataDir, labd.runDir, "-mindepth", "1", "-not", "-type", "s"]).then(
      ({ stdout }) => stdout.split("\n"),
    ),
    ownSlots(labd.dataDir),
    unclaimedNamespaces(),
    loopDevices(labd.dataDir),
    nodeProcesses(basename(labd.runDir)),
  ]);
  const { shards } = await clusterd.client.call("health", {});
  const servers = [labd.pid(), clusterd.pid(), ...shards.map(({ pid }) => pid)];
  const sizes = await Promise.all(servers.map(residentBytes));
  return {
    traces: [
      ...named("mount", mounts),
      ...named("control group", groups),
      ...named("interface", links),
      ...named("file", files),
      ...named("claim of a namespace", slots),
      ...named("namespace", namespaces),
      ...named("loop device", loops),
      ...named("process", processes),
    ],
    residentBytes: sizes.reduce((total, bytes) => total + bytes, 0),
  };
}

function named(kind: string, lines: string[]): string[] {
  return lines.filter((line) => line !== "").map((line) => `${kind} ${line}`);
}

/** A lab's cables lie in namespaces of its own; one that lost its namespace would be seen here. */
async function hostLinks(): Promise<string[]> {
  return (await readdir("/sys/class/net")).filter((name) => /^(port\d|lab0|eth0@|veth)/.test(name));
}

/** Each running lab claims a number, from which the name of its switch's namespace follows. */
async function ownSlots(dataDir: string): Promise<string[]> {
  const folder = "/run/examctl-slots";
  const names = await readdir(folder).catch((): string[] => []);
  const owners = await Promise.all(
    names.map(async (name) => ({ name, owner: await readFile(`${folder}/${name}`, "utf8").catch(() => "") })),
  );
  return owners.filter(({ owner }) => owner.startsWith(dataDir)).map(({ name }) => `examctl-${name}`);
}

/** A switch is made after its number is claimed and removed before: one without a claim was forgotten. */
async function unclaimedNamespaces(): Promise<string[]> {
  const [namespaces, claims] = await Promise.all(
    ["/run/netns", "/run/examctl-slots"].map((folder) => readdir(folder).catch((): string[] => [])),
  );
  return namespaces!.filter((name) => /^examctl-\d+$/.test(name) && !claims!.includes(name.slice(8)));
}

/** Whose backing file is a disk of these labs, removed or not. */
async function loopDevices(dataDir: string): Promise<string[]> {
  const names = (await readdir("/sys/block")).filter((name) => name.startsWith("loop"));
  const files = await Promise.all(
    names.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "")),
  );
  return names.filter((_, index) => files[index]!.startsWith(dataDir));
}

/** Processes in a control group of this labd's labs. */
async function nodeProcesses(group: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const groups = await Promise.all(
    pids.map(async (pid) => ({ pid, text: await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "") })),
  );
  const own = groups.filter(({ text }) => text.includes(`/examctl-${group}/`));
  return Promise.all(
    own.map(async ({ pid }) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      return /^\d+ \(.*\) \S/s.exec(stat)?.[0] ?? pid;
    }),
  );
}

async function residentBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}
