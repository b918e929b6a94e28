import { describe, expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { PodAddresses } from "./pod-addresses";
import { jobRunsMs, simulatedPod } from "./simulated-pod";

const pod = (spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default", uid: "0c5f", ...metadata },
  spec: { containers: [{ name: "main", image: "any" }], ...spec },
});
const ofJob = {
  ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "j", uid: "1", controller: true }],
};
const states = (one: Pod, nowMs: number) =>
  simulatedPod(one, "10.244.1.2", nowMs).containers.map(({ name, state, exitCode }) => ({
    name,
    state,
    exitCode,
  }));

describe("a simulated pod", () => {
  test("runs its containers once its init containers have ended well; sidecars go on", () => {
    const one = pod({
      initContainers: [{ name: "init" }, { name: "proxy", restartPolicy: "Always" }] as never,
    });
    expect(states(one, 0)).toEqual([
      { name: "init", state: "exited", exitCode: 0 },
      { name: "proxy", state: "running", exitCode: undefined },
      { name: "main", state: "running", exitCode: undefined },
    ]);
  });

  test("of a Job completes after a moment; a bare one with the same policy runs on", () => {
    const started = { status: { startTime: "1970-01-01T00:00:10Z" } };
    const job = { ...pod({ restartPolicy: "Never" }, ofJob), ...started } as Pod;
    expect(states(job, 10_000)[0]!.state).toBe("running");
    expect(states(job, 10_000 + jobRunsMs)[0]).toMatchObject({ state: "exited", exitCode: 0 });
    const bare = { ...pod({ restartPolicy: "Never" }), ...started } as Pod;
    expect(states(bare, 99_000)[0]!.state).toBe("running");
  });
});

test("addresses are the lowest free ones of the node's range, and free again when the pod is gone", () => {
  const addresses = new PodAddresses();
  expect(addresses.of("default/a", pod(), "10.244.1.0/24")).toBe("10.244.1.2");
  expect(addresses.of("default/b", pod(), "10.244.1.0/24")).toBe("10.244.1.3");
  expect(addresses.of("default/a", pod(), "10.244.1.0/24")).toBe("10.244.1.2");
  addresses.release("default/a");
  expect(addresses.of("default/c", pod(), "10.244.1.0/24")).toBe("10.244.1.2");
  expect(addresses.of("default/d", pod(), "10.9.0.0/30")).toBe("10.9.0.2");
  expect(() => addresses.of("default/e", pod(), "10.9.0.0/30")).toThrow(
    /No address of 10\.9\.0\.0\/30 is free/,
  );
});
