import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, readlink, rmdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { runCommand } from "@/lib/core/run-command";
import { listMounts } from "./mounts";

export interface CgroupLimits {
  memoryBytes: number;
  pids: number;
  /** 100 is one core. */
  cpuPercent: number;
}

export interface ContainerLimits {
  memoryBytes?: number;
  /** 1000 is one core. */
  cpuMillis?: number;
}

type Controller = "memory" | "pids" | "cpu";
const controllers: Controller[] = ["memory", "pids", "cpu"];
const unifiedRoot = "/sys/fs/cgroup";
/** One that forks without end is not run after for ever. */
const movePassesMax = 50;

/**
 * The control groups of labd's sandboxes. The unified hierarchy holds every process of a lab in one group a node (that
 * is how a lab is listed and killed); limits are set in whichever hierarchy has the controller: unified, or the v1
 * hierarchies of a hybrid host, which are mounted under `runDir`/cgroup.
 */
export class Cgroups {
  private constructor(
    private readonly name: string,
    /** Mounted root of the v1 hierarchy of a controller; absent when the unified one has it. */
    private readonly v1Roots: Partial<Record<Controller, string>>,
    readonly limited: Controller[],
  ) {}

  /** Call once in labd's own mount namespace. */
  static async open(runDir: string): Promise<Cgroups> {
    await mountUnified();
    const v1Roots = await mountV1(join(runDir, "cgroup"));
    const available = (await readFile(join(unifiedRoot, "cgroup.controllers"), "utf8")).trim().split(" ");
    const unified = controllers.filter((name) => !v1Roots[name] && available.includes(name));
    const groups = new Cgroups(`examctl-${basename(runDir)}`, v1Roots, [
      ...unified,
      ...(Object.keys(v1Roots) as Controller[]),
    ]);
    const own = join(unifiedRoot, groups.name);
    await mkdir(own, { recursive: true });
    if (unified.length > 0) {
      const enable = unified.map((name) => `+${name}`).join(" ");
      await writeFile(join(unifiedRoot, "cgroup.subtree_control"), enable);
      await writeFile(join(own, "cgroup.subtree_control"), enable);
    }
    for (const root of new Set(Object.values(v1Roots)))
      await mkdir(join(root, groups.name), { recursive: true });
    return groups;
  }

  /** Makes the groups of a lab with `nodes` nodes and sets its limits. */
  async create(sandboxId: string, nodes: number, limits: CgroupLimits): Promise<void> {
    for (const folder of this.#folders(sandboxId)) await mkdir(folder, { recursive: true });
    for (let index = 0; index < nodes; index++)
      await mkdir(join(this.#unified(sandboxId), String(index)), { recursive: true });
    await Promise.all(
      this.limited.flatMap((controller) => {
        const files = limitFiles(controller, this.v1Roots[controller] !== undefined, limits);
        const folder = this.#folderOf(controller, sandboxId);
        return files.map(([file, value]) => writeFile(join(folder, file), value));
      }),
    );
  }

  /** The groups, one a hierarchy, that a node's processes belong to. */
  foldersOfNode(sandboxId: string, index: number): string[] {
    const [unified, ...v1] = this.#folders(sandboxId);
    return [join(unified!, String(index)), ...v1];
  }

  /** All process ids of the lab, as the host numbers them. */
  async pids(sandboxId: string): Promise<number[]> {
    const text = await Promise.all(
      (await subgroups(this.#unified(sandboxId))).map((folder) =>
        readFile(join(folder, "cgroup.procs"), "utf8").catch(() => ""),
      ),
    );
    return text.join("").split("\n").filter(Boolean).map(Number);
  }

  /** Processor time of the lab's processes since it was made. */
  async busyMs(sandboxId: string): Promise<number> {
    const text = await readFile(join(this.#unified(sandboxId), "cpu.stat"), "utf8").catch(() => "");
    return Number(/^usage_usec (\d+)/m.exec(text)?.[1] ?? 0) / 1000;
  }

  /** Lets every process of the lab stand still, new ones too, and waits until all do. */
  async pause(sandboxId: string, timeoutMs = 10_000): Promise<void> {
    const folder = this.#unified(sandboxId);
    const deadlineMs = performance.now() + timeoutMs;
    await writeFile(join(folder, "cgroup.freeze"), "1");
    while (!/^frozen 1$/m.test(await readFile(join(folder, "cgroup.events"), "utf8"))) {
      if (performance.now() > deadlineMs) {
        await this.resume(sandboxId);
        throw new AppError("timeout", `The processes of sandbox ${sandboxId} cannot be made to stand still.`);
      }
      await systemClock.sleep(1);
    }
  }

  /** Lets them go on. Safe when they do. */
  async resume(sandboxId: string): Promise<void> {
    await writeFile(join(this.#unified(sandboxId), "cgroup.freeze"), "0");
  }

  /** Kills every process of the lab (SIGKILL) and waits until they are gone. */
  async kill(sandboxId: string, timeoutMs = 10_000): Promise<void> {
    const folder = this.#unified(sandboxId);
    if (!existsSync(folder)) return;
    const deadlineMs = performance.now() + timeoutMs;
    await writeFile(join(folder, "cgroup.kill"), "1");
    while (/^populated 1$/m.test(await readFile(join(folder, "cgroup.events"), "utf8"))) {
      if (performance.now() > deadlineMs)
        throw new AppError(
          "timeout",
          `Processes of sandbox ${sandboxId} do not end: ${(await this.pids(sandboxId)).join(" ")}.`,
        );
      await systemClock.sleep(1);
      await writeFile(join(folder, "cgroup.kill"), "1");
    }
  }

  /** Removes the groups of a lab that has no process any more. Safe to repeat. */
  async remove(sandboxId: string): Promise<void> {
    for (const folder of this.#folders(sandboxId))
      for (const group of (await subgroups(folder)).reverse()) await removeGroup(group);
  }

  /**
   * Puts a container of the lab under limits of its own, within the lab's. `nodePid` is its first process as its node
   * numbers it; only processes of this lab are ever looked at or moved.
   */
  async limitContainer(
    sandboxId: string,
    containerId: string,
    nodePid: number,
    limits: ContainerLimits,
  ): Promise<void> {
    const wanted: [Controller, [string, string][]][] = [];
    for (const controller of this.limited) {
      const files = containerLimitFiles(controller, this.v1Roots[controller] !== undefined, limits);
      if (files.length > 0) wanted.push([controller, files]);
    }
    const folders = new Set<string>();
    for (const [controller, files] of wanted) {
      const lab = this.#folderOf(controller, sandboxId);
      if (!this.v1Roots[controller]) await writeFile(join(lab, "cgroup.subtree_control"), `+${controller}`);
      const folder = join(lab, containerGroup(containerId));
      await mkdir(folder, { recursive: true });
      for (const [file, value] of files) await writeFile(join(folder, file), value);
      folders.add(folder);
    }
    const moved = new Set<number>();
    let isQuiet = false;
    // What it forks before its parent is moved stays outside: look again until there is nothing new.
    for (let pass = 0; pass < movePassesMax; pass++) {
      const pids = await containerPids(await this.pids(sandboxId), nodePid);
      const left = pids.filter((pid) => !moved.has(pid));
      // Of one that forked meanwhile something may have come while it was looked for.
      if (left.length === 0 && (isQuiet || pass <= 1)) return;
      isQuiet = left.length === 0;
      for (const pid of left) moved.add(pid);
      for (const folder of folders)
        for (const pid of left)
          await writeFile(join(folder, "cgroup.procs"), String(pid)).catch(
            (failure: NodeJS.ErrnoException) => {
              if (failure.code !== "ESRCH") throw failure; // it has ended meanwhile
            },
          );
    }
  }

  /** Whether the kernel killed a process of the container for its memory limit. */
  async containerRanOutOfMemory(sandboxId: string, containerId: string): Promise<boolean> {
    const folder = join(this.#folderOf("memory", sandboxId), containerGroup(containerId));
    const file = this.v1Roots.memory ? "memory.oom_control" : "memory.events";
    return /^oom_kill [1-9]/m.test(await readFile(join(folder, file), "utf8").catch(() => ""));
  }

  /** Removes the groups of a container that has ended. Safe when it has none. */
  async removeContainer(sandboxId: string, containerId: string): Promise<void> {
    const name = containerGroup(containerId);
    for (const folder of this.#folders(sandboxId))
      for (const group of await subgroups(folder)) if (basename(group) === name) await removeGroup(group);
  }

  /** Removes what `open` made, when no lab is left. */
  async close(): Promise<void> {
    for (const root of [unifiedRoot, ...new Set(Object.values(this.v1Roots))])
      await rmdir(join(root, this.name)).catch(() => undefined);
  }

  #folderOf(controller: Controller, sandboxId: string): string {
    const root = this.v1Roots[controller];
    return root ? join(root, this.name, sandboxId) : this.#unified(sandboxId);
  }

  #unified(sandboxId: string): string {
    return join(unifiedRoot, this.name, sandboxId);
  }

  /** The unified group first. */
  #folders(sandboxId: string): string[] {
    const roots = [...new Set(Object.values(this.v1Roots))];
    return [unifiedRoot, ...roots].map((root) => join(root, this.name, sandboxId));
  }
}

function limitFiles(
  controller: Controller,
  v1: boolean,
  limits: CgroupLimits,
): [file: string, value: string][] {
  const cpuQuota = String(limits.cpuPercent * 1000);
  if (controller === "pids") return [["pids.max", String(limits.pids)]];
  if (controller === "memory")
    return v1
      ? [["memory.limit_in_bytes", String(limits.memoryBytes)]]
      : [
          ["memory.max", String(limits.memoryBytes)],
          ["memory.swap.max", "0"],
        ];
  return v1
    ? [
        ["cpu.cfs_period_us", "100000"],
        ["cpu.cfs_quota_us", cpuQuota],
      ]
    : [["cpu.max", `${cpuQuota} 100000`]];
}

function containerLimitFiles(
  controller: Controller,
  v1: boolean,
  limits: ContainerLimits,
): [string, string][] {
  const { memoryBytes, cpuMillis } = limits;
  if (controller === "memory" && memoryBytes)
    return v1
      ? [["memory.limit_in_bytes", String(memoryBytes)]]
      : [
          ["memory.max", String(memoryBytes)],
          ["memory.swap.max", "0"],
        ];
  if (controller === "cpu" && cpuMillis) {
    // The kernel refuses quotas under 1 ms.
    const quota = String(Math.max(1000, cpuMillis * 100));
    return v1
      ? [
          ["cpu.cfs_period_us", "100000"],
          ["cpu.cfs_quota_us", quota],
        ]
      : [["cpu.max", `${quota} 100000`]];
  }
  return [];
}

/** The name of a container's own groups. */
export function containerGroup(containerId: string): string {
  return `container-${containerId.slice(0, 16)}`;
}

/** Of these host pids, those in the pid namespace whose first process the node knows as `nodePid`. */
async function containerPids(candidates: number[], nodePid: number): Promise<number[]> {
  const seen = await Promise.all(
    candidates.map(async (pid) => {
      const [status, namespace] = await Promise.all([
        readFile(`/proc/${pid}/status`, "utf8").catch(() => ""),
        readlink(`/proc/${pid}/ns/pid`).catch(() => ""),
      ]);
      const [, inNode, inContainer] = /^NSpid:\s+(.+)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
      return { pid, namespace, first: inNode === nodePid && inContainer === 1 };
    }),
  );
  const namespace = seen.find(({ first }) => first)?.namespace;
  return namespace ? seen.filter((process) => process.namespace === namespace).map(({ pid }) => pid) : [];
}

/** crun wants a plain cgroup2 on /sys/fs/cgroup: on a hybrid host it goes over the host's tmpfs, in our namespace only. */
async function mountUnified(): Promise<void> {
  const top = (await listMounts()).findLast(({ target }) => target === unifiedRoot);
  if (top?.type !== "cgroup2") await runCommand(["mount", "-t", "cgroup2", "cgroup2", unifiedRoot]);
}

async function mountV1(folder: string): Promise<Partial<Record<Controller, string>>> {
  const roots: Partial<Record<Controller, string>> = {};
  const mounted = new Set((await listMounts()).map(({ target }) => target));
  for (const line of (await readFile("/proc/self/cgroup", "utf8")).split("\n")) {
    const names = line.split(":")[1] ?? "";
    const wanted = controllers.filter((name) => names.split(",").includes(name));
    if (wanted.length === 0) continue;
    const root = join(folder, names.replaceAll(",", "-"));
    await mkdir(root, { recursive: true });
    if (!mounted.has(root)) await runCommand(["mount", "-t", "cgroup", "-o", names, "cgroup", root]);
    for (const name of wanted) roots[name] = root;
  }
  return roots;
}

/** `folder` and all groups below it, parents first; none when it does not exist. */
export async function subgroups(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => subgroups(join(folder, entry.name))),
  );
  return [folder, ...below.flat()];
}

/** A group whose last process has just ended can be busy for an instant. */
async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rmdir(folder);
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || attempt >= 500) throw failure;
      await systemClock.sleep(2);
    }
  }
}
