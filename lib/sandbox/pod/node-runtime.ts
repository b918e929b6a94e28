import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { ContainerLimits } from "../cgroup";
import { callInit } from "../init-client";
import type { Image } from "../image/ensure-images";
import type { ContainerRecord, PodRecord, PodStore } from "./store";

/** What the operations on one node's pods need. */
export interface NodeRuntime {
  nodeName: string;
  /** PID 1's control socket. */
  control: string;
  store: PodStore;
  images: Image[];
  clock: Clock;
  limits: ContainerLimiter;
}

/** Limits of single containers, set from outside the node. */
export interface ContainerLimiter {
  apply(containerId: string, nodePid: number, limits: ContainerLimits): Promise<void>;
  ranOutOfMemory(containerId: string): Promise<boolean>;
  release(containerId: string): Promise<void>;
}

export async function findPod({ store }: NodeRuntime, podUid: string): Promise<PodRecord> {
  const { pods } = await store.load();
  const pod = Object.hasOwn(pods, podUid) ? pods[podUid] : undefined;
  if (!pod) throw new AppError("not-found", `There is no pod with the uid ${podUid} on the node.`);
  return pod;
}

export async function findContainer({ store }: NodeRuntime, containerId: string): Promise<ContainerRecord> {
  const { containers } = await store.load();
  const container = Object.hasOwn(containers, containerId) ? containers[containerId] : undefined;
  if (!container) throw new AppError("not-found", `There is no container ${containerId} on the node.`);
  return container;
}

/** A container as PID 1, its monitor, knows it. */
export interface MonitoredContainer {
  state: "starting" | "running" | "exited";
  /** In the node. */
  pid: number;
  exitCode: number | undefined;
  startedAtMs: number;
  finishedAtMs: number;
}

/** All containers that PID 1 monitors, by id. */
export async function monitored({ control }: { control: string }): Promise<Map<string, MonitoredContainer>> {
  const reply = await callInit(control, "container-list");
  return new Map(
    reply.all("container").map((text) => {
      const [id = "", state, pid, exitCode, startedMs, finishedMs] = text.split(":");
      return [
        id,
        {
          state: state === "running" || state === "starting" ? state : "exited",
          pid: Number(pid),
          exitCode: exitCode ? Number(exitCode) : undefined,
          startedAtMs: Number(startedMs),
          finishedAtMs: Number(finishedMs),
        },
      ];
    }),
  );
}

/** Waits until none of the containers runs, or `timeoutMs` have passed; says whether they have ended. */
export async function waitForExit(
  runtime: NodeRuntime,
  containerIds: string[],
  timeoutMs: number,
): Promise<boolean> {
  const deadlineMs = runtime.clock.now() + timeoutMs;
  let revision = 0;
  for (;;) {
    const known = await monitored(runtime);
    if (!containerIds.some((id) => known.get(id) && known.get(id)!.state !== "exited")) return true;
    const leftMs = deadlineMs - runtime.clock.now();
    if (leftMs <= 0) return false;
    const reply = await callInit(
      runtime.control,
      "events",
      [
        ["revision", revision],
        ["timeout_ms", leftMs],
      ],
      leftMs + 5000,
    );
    revision = reply.number("revision");
  }
}
