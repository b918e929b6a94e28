import { existsSync } from "node:fs";
import { mkdir, readFile, readlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { containerGroup, subgroups } from "./cgroup";
import { pssBytes } from "./usage";

export interface Usage {
  /** Of a processor, since the group was made. */
  cpuNanos: number;
  memoryBytes: number;
}

export interface NodeUsage extends Usage {
  containers: (Usage & { containerId: string })[];
}

interface Running {
  containerId: string;
  /** Its first process, as the node numbers it. */
  pid: number;
}

/**
 * What a node and each of its running containers take: processor time as their control groups count it, memory as the
 * proportional set size of their processes. A container gets a group of its own when it is first asked for.
 * `nodeGroup` is the node's group in the unified hierarchy.
 */
export async function nodeUsage(nodeGroup: string, running: Running[]): Promise<NodeUsage> {
  await gather(nodeGroup, running);
  const containers = await Promise.all(
    running.map(async ({ containerId }) => ({
      containerId,
      ...(await usageOf(groupOf(nodeGroup, containerId))),
    })),
  );
  const own = await usageOf(nodeGroup);
  // A container with limits may have its group beside its node's.
  const beside = containers.filter(
    ({ containerId }) => !groupOf(nodeGroup, containerId).startsWith(`${nodeGroup}/`),
  );
  return {
    cpuNanos: beside.reduce((sum, { cpuNanos }) => sum + cpuNanos, own.cpuNanos),
    memoryBytes: beside.reduce((sum, { memoryBytes }) => sum + memoryBytes, own.memoryBytes),
    containers,
  };
}

function groupOf(nodeGroup: string, containerId: string): string {
  const beside = join(dirname(nodeGroup), containerGroup(containerId));
  return existsSync(beside) ? beside : join(nodeGroup, containerGroup(containerId));
}

interface Process {
  pid: number;
  parent: number;
  inNode: number | undefined;
  namespace: string;
}

/** Moves the processes of containers that are still in their node's own group into groups of their own. */
async function gather(nodeGroup: string, running: Running[]): Promise<void> {
  const processes = await Promise.all((await pidsOf(nodeGroup)).map(readProcess));
  for (const { containerId, pid } of running) {
    const group = groupOf(nodeGroup, containerId);
    const members = existsSync(group) ? await joining(group, processes) : familyOf(pid, processes);
    if (members.length === 0) continue;
    await mkdir(group, { recursive: true });
    for (const { pid: member } of members)
      await writeFile(join(group, "cgroup.procs"), String(member)).catch((failure: NodeJS.ErrnoException) => {
        if (failure.code !== "ESRCH") throw failure; // it has ended meanwhile
      });
  }
}

function familyOf(pid: number, processes: Process[]): Process[] {
  const family = processes.filter(({ inNode }) => inNode === pid);
  for (const parent of family) family.push(...processes.filter((one) => one.parent === parent.pid));
  return family;
}

/** Commands that were started in the container from outside, where no other container has its process namespace. */
async function joining(group: string, processes: Process[]): Promise<Process[]> {
  const [first] = await pidsOf(group);
  const { namespace } = first === undefined ? { namespace: "" } : await readProcess(first);
  return namespace === "" ? [] : processes.filter((one) => one.namespace === namespace);
}

async function readProcess(pid: number): Promise<Process> {
  const [status, namespace] = await Promise.all([
    readFile(`/proc/${pid}/status`, "utf8").catch(() => ""),
    readlink(`/proc/${pid}/ns/pid`).catch(() => ""),
  ]);
  const [, inNode, inContainer] = /^NSpid:\s+(.+)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
  const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return { pid, parent, inNode, namespace: inContainer === undefined ? "" : namespace };
}

async function pidsOf(group: string): Promise<number[]> {
  const text = await readFile(join(group, "cgroup.procs"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

async function usageOf(group: string): Promise<Usage> {
  const stat = await readFile(join(group, "cpu.stat"), "utf8").catch(() => "");
  const pids = await Promise.all((await subgroups(group)).map(pidsOf));
  const sizes = await Promise.all(pids.flat().map(pssBytes));
  return {
    cpuNanos: Number(/^usage_usec (\d+)/m.exec(stat)?.[1] ?? 0) * 1000,
    memoryBytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
  };
}
