import { podProgram } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import { mustExecInNode } from "../exec";
import { callInit, type InitReply } from "../init-client";
import { nodeEnvironment } from "../exec";
import { tarOf, type TarFile } from "@/lib/core/tar";
import type { NodeRuntime } from "./node-runtime";
import { places } from "./places";

export interface ContainerLaunch {
  id: string;
  /** Roots of the image's layers as the node sees them, joined by colons, uppermost first. */
  imageRoot: string;
  config: unknown;
  /** Files to be there before it starts, by their path in the node. */
  files: TarFile[];
  /** Folders to be there before it starts. */
  folders: string[];
  logPath: string;
  /** In /var/log/containers, to the log. */
  logLink?: string;
  terminal: boolean;
  stdin: boolean;
  /** The first client that attaches gets the output from its beginning. */
  keepOutput?: boolean;
}

/** crun inside a node: it cannot make control groups there, and need not. */
export const crun = [places.crun, "--root", places.crunRoot, "--cgroup-manager=disabled"];

/** Makes a container's root and bundle in the node and starts it there; PID 1 keeps its stdio and its log. */
export async function launchContainer(runtime: NodeRuntime, launch: ContainerLaunch): Promise<InitReply> {
  const { id, terminal } = launch;
  const bundle = places.bundle(id);
  const config = {
    path: `${bundle}/config.json`,
    content: Buffer.from(JSON.stringify(launch.config)),
    mode: 0o600,
  };
  await mustExecInNode(runtime.control, {
    argv: [
      ...[podProgram, "bundle", bundle, places.snapshot(id), launch.imageRoot],
      ...[launch.logPath, launch.logLink ?? "", ...launch.folders],
    ],
    stdin: tarOf([config, ...launch.files], runtime.clock.now()),
  });
  const console = places.console(id);
  const pidFile = `${bundle}/init.pid`;
  const argv = [...crun, "run", "--detach", "--bundle", bundle, "--pid-file", pidFile];
  if (terminal) argv.push("--console-socket", console);
  return await callInit(
    runtime.control,
    "container-run",
    [
      ["id", id],
      ["log", launch.logPath],
      ["pid_file", pidFile],
      ["stdin", launch.stdin],
      ["tty", terminal],
      ["keep_output", launch.keepOutput ?? false],
      ...(terminal ? ([["console_socket", console]] as [string, string][]) : []),
      ...[...argv, id].map((value): [string, string] => ["arg", value]),
      ...Object.entries(nodeEnvironment).map(([key, value]): [string, string] => ["env", `${key}=${value}`]),
    ],
    60_000,
  ).catch((failure: unknown) => {
    throw startError(failure);
  });
}

/** Takes away what is left of a container that has ended but its root's own files, so that it can be started again. */
export async function releaseContainer(runtime: NodeRuntime, id: string): Promise<void> {
  await mustExecInNode(runtime.control, {
    argv: [podProgram, "release", places.crun, places.crunRoot, id, places.bundle(id)],
  });
  await forget(runtime, id);
}

/** Kills and removes containers with their roots. Safe for those that are gone. */
export async function removeContainers(runtime: NodeRuntime, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const each = ids.flatMap((id) => [id, places.bundle(id), places.snapshot(id)]);
  await mustExecInNode(runtime.control, {
    argv: [podProgram, "remove", places.crun, places.crunRoot, ...each],
  });
  await Promise.all(ids.map((id) => forget(runtime, id)));
}

async function forget(runtime: NodeRuntime, id: string): Promise<void> {
  await callInit(runtime.control, "container-forget", [["id", id]]).catch((failure: unknown) => {
    if (AppError.from(failure).code !== "not-found") throw failure;
  });
  await runtime.limits.release(id);
}

/** crun's words for a program that is not there become those that Kubernetes users know (runc's, by containerd). */
function startError(failure: unknown): AppError {
  const error = AppError.from(failure);
  const missing = /executable file [`'"]?([^`'"]+)[`'"]? not found/.exec(error.message)?.[1];
  const text = missing
    ? `unable to start container process: error during container init: exec: ${JSON.stringify(missing)}: ` +
      (missing.includes("/")
        ? `stat ${missing}: no such file or directory`
        : "executable file not found in $PATH")
    : error.message;
  return new AppError(
    error.code,
    `failed to create containerd task: failed to create shim task: OCI runtime create failed: ${text}: unknown`,
    { cause: failure, details: { reason: "StartError" } },
  );
}
