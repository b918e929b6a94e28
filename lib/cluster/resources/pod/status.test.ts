import { describe, expect, test } from "vitest";
import type { ContainerState, Pod, PodStatus } from "../types";
import { podColumns } from "./columns";
import { summarizePod } from "./status";

const nowMs = Date.parse("2026-01-01T01:00:00Z");

function pod(status: PodStatus, spec: Partial<Pod["spec"]> = {}, metadata: object = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", ...metadata },
    spec: { containers: [{ name: "a" }], ...spec },
    status,
  };
}

const container = (name: string, state: ContainerState, more: object = {}) => ({
  name,
  state,
  ready: false,
  restartCount: 0,
  image: "",
  imageID: "",
  ...more,
});
const running: ContainerState = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const terminated = (exitCode: number, reason?: string, signal?: number): ContainerState => ({
  terminated: { exitCode, ...(reason ? { reason } : {}), ...(signal ? { signal } : {}) },
});

describe("STATUS of a pod", () => {
  test.each<[string, Pod]>([
    ["Pending", pod({ phase: "Pending" })],
    [
      "ContainerCreating",
      pod({ phase: "Pending", containerStatuses: [container("a", waiting("ContainerCreating"))] }),
    ],
    ["ErrImagePull", pod({ phase: "Pending", containerStatuses: [container("a", waiting("ErrImagePull"))] })],
    [
      "CrashLoopBackOff",
      pod({ phase: "Running", containerStatuses: [container("a", waiting("CrashLoopBackOff"))] }),
    ],
    ["Running", pod({ phase: "Running", containerStatuses: [container("a", running, { ready: true })] })],
    [
      "Completed",
      pod({ phase: "Succeeded", containerStatuses: [container("a", terminated(0, "Completed"))] }),
    ],
    ["Error", pod({ phase: "Failed", containerStatuses: [container("a", terminated(1, "Error"))] })],
    ["ExitCode:3", pod({ phase: "Failed", containerStatuses: [container("a", terminated(3))] })],
    [
      "Signal:9",
      pod({ phase: "Failed", containerStatuses: [container("a", terminated(137, undefined, 9))] }),
    ],
    ["Evicted", pod({ phase: "Failed", reason: "Evicted" })],
    [
      "SchedulingGated",
      pod({
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      }),
    ],
    [
      "Init:0/2",
      pod(
        { phase: "Pending", initContainerStatuses: [container("i", running)] },
        { initContainers: [{ name: "i" }, { name: "j" }] },
      ),
    ],
    [
      "Init:1/2",
      pod(
        {
          phase: "Pending",
          initContainerStatuses: [container("i", terminated(0)), container("j", waiting("PodInitializing"))],
        },
        { initContainers: [{ name: "i" }, { name: "j" }] },
      ),
    ],
    [
      "Init:CrashLoopBackOff",
      pod(
        { phase: "Pending", initContainerStatuses: [container("i", waiting("CrashLoopBackOff"))] },
        { initContainers: [{ name: "i" }] },
      ),
    ],
    [
      "Init:Error",
      pod(
        { phase: "Pending", initContainerStatuses: [container("i", terminated(1, "Error"))] },
        { initContainers: [{ name: "i" }] },
      ),
    ],
    [
      "Terminating",
      pod(
        { phase: "Running", containerStatuses: [container("a", running, { ready: true })] },
        {},
        { deletionTimestamp: "2026-01-01T00:59:00Z" },
      ),
    ],
    [
      "NotReady",
      pod({
        phase: "Running",
        containerStatuses: [
          container("a", terminated(0, "Completed")),
          container("b", running, { ready: true }),
        ],
      }),
    ],
  ])("%s", (expected, object) => {
    expect(summarizePod(object).reason).toBe(expected);
  });
});

test("sidecars count as containers and as ready ones once started", () => {
  const object = pod(
    {
      phase: "Running",
      initContainerStatuses: [container("proxy", running, { ready: true, started: true })],
      containerStatuses: [container("a", running, { ready: true })],
    },
    { initContainers: [{ name: "proxy", restartPolicy: "Always" }] },
  );
  expect(summarizePod(object)).toMatchObject({ ready: 2, total: 2, reason: "Running" });
});

test("RESTARTS tells when the last one was", () => {
  const object = pod({
    phase: "Running",
    containerStatuses: [
      container("a", running, {
        ready: true,
        restartCount: 3,
        lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:55:00Z" } },
      }),
    ],
  });
  const cell = podColumns.find(({ name }) => name === "Restarts")?.cell(object, { nowMs });
  expect(cell).toBe("3 (5m ago)");
});
