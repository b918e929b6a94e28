import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import { bindMount, nodeOciConfig } from "./oci";
import { idsPerSlot } from "./slots";
import { nativeBinary } from "./native";
import type { NodePaths, SandboxPaths } from "./paths";

export interface NodeLaunch {
  sandboxId: string;
  index: number;
  hostname: string;
  /** See sandboxNode. */
  group: string | undefined;
  baseId: number;
  /** Folders of the control groups that the node's processes are born into. */
  cgroups: string[];
}

/** The container id that crun knows a node by. */
export function crunId(sandboxId: string, index: number): string {
  return `${sandboxId}.${index}`;
}

/**
 * Makes a node's namespaces over its mounted root and returns the host pid of its first process, which waits for
 * `startNode`: so that a node finds its network in place. Its control socket listens already.
 */
export async function createNode(
  sandbox: SandboxPaths,
  node: NodePaths,
  launch: NodeLaunch,
): Promise<number> {
  await mkdir(node.bundle, { recursive: true, mode: 0o700 });
  const config = nodeOciConfig({
    hostname: launch.hostname,
    root: node.root,
    baseId: launch.baseId,
    idCount: idsPerSlot,
    args: ["/sbin/init"],
    mounts: [
      bindMount(sandbox.api(launch.group), "/run/examctl", ["ro", "nosuid", "noexec"]),
      bindMount(node.containerd, "/var/lib/containerd"),
    ],
  });
  await writeFile(join(node.bundle, "config.json"), JSON.stringify(config), { mode: 0o600 });
  await runDetached(node, [
    ...[nativeBinary("examctl-launch"), "--socket", node.control],
    ...launch.cgroups.flatMap((folder) => ["--cgroup", folder]),
    "--",
    ...["crun", "--root", sandbox.crun, "--log", `file:${crunLog(node)}`, "--cgroup-manager=disabled"],
    ...["create", "--preserve-fds=1", "--bundle", node.bundle, "--pid-file", node.pidFile],
    crunId(launch.sandboxId, launch.index),
  ]);
  return Number(await readFile(node.pidFile, "utf8"));
}

/** Lets the node's PID 1 begin. */
export async function startNode(sandbox: SandboxPaths, node: NodePaths, id: string): Promise<void> {
  await runDetached(node, [
    ...["crun", "--root", sandbox.crun, "--log", `file:${crunLog(node)}`, "start", id],
  ]);
}

/** Forgets a node that has ended, or ends one that has not. Safe when crun does not know it. */
export async function removeNode(sandbox: SandboxPaths, id: string): Promise<void> {
  await runCommand(["crun", "--root", sandbox.crun, "--cgroup-manager=disabled", "delete", "--force", id], {
    allowFailure: true,
  });
}

/**
 * Runs crun with nothing as its standard streams: a container keeps those of its crun, and would hold a pipe open.
 * What crun has to say is in its log file.
 */
async function runDetached(node: NodePaths, argv: string[]): Promise<void> {
  const { exitCode } = await runCommand(argv, { withoutOutput: true, allowFailure: true });
  if (exitCode === 0) return;
  const log = await readFile(crunLog(node), "utf8").catch(() => "");
  throw new AppError(
    "internal",
    `A node cannot be started: ${log.trim() || `exit code ${exitCode} of ${argv.join(" ")}`}`,
  );
}

function crunLog(node: NodePaths): string {
  return join(node.folder, "crun.log");
}
