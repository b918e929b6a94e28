import type { ContainerStatus } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import { callInit } from "../init-client";
import { containerStatusOf } from "./list-pods";
import { removeContainers } from "./launch-container";
import { findContainer, monitored, waitForExit, type NodeRuntime } from "./node-runtime";
import { killContainers } from "./stop-pod";

/** SIGTERM, then SIGKILL after the grace period; the status when it has ended. Safe for one that has. */
export async function stopContainer(
  runtime: NodeRuntime,
  containerId: string,
  graceMs: number,
): Promise<ContainerStatus> {
  const container = await findContainer(runtime, containerId);
  if ((await monitored(runtime)).get(containerId)?.state === "running") {
    await callInit(runtime.control, "container-kill", [
      ["id", containerId],
      ["signal", "TERM"],
    ]);
    if (!(await waitForExit(runtime, [containerId], graceMs))) await killContainers(runtime, [containerId]);
  }
  return containerStatusOf(runtime, container, (await monitored(runtime)).get(containerId));
}

/** Throws `conflict` for one that does not run. */
export async function signalContainer(
  runtime: NodeRuntime,
  containerId: string,
  signal: string,
): Promise<void> {
  await findContainer(runtime, containerId);
  if ((await monitored(runtime)).get(containerId)?.state !== "running")
    throw new AppError("conflict", `container not running: ${containerId}`);
  await callInit(runtime.control, "container-kill", [
    ["id", containerId],
    ["signal", signal],
  ]);
}

/** Throws `conflict` while it runs. Its log stays. */
export async function removeContainer(runtime: NodeRuntime, containerId: string): Promise<void> {
  const { containers } = await runtime.store.load();
  if (!Object.hasOwn(containers, containerId)) return;
  if ((await monitored(runtime)).get(containerId)?.state === "running")
    throw new AppError("conflict", `The container ${containerId} runs: stop it before it is removed.`);
  await removeContainers(runtime, [containerId]);
  delete containers[containerId];
  await runtime.store.save();
}
