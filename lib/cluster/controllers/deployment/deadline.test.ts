import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { isActive, isReady } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

const clock = new ManualClock();
let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ clock });
}, 60_000);
afterAll(() => t?.close());

const podsOf = (app: string) =>
  t.informers.pods.list("default").filter((pod) => pod.metadata.labels?.app === app && isActive(pod));
const newPods = () => podsOf("slow").filter(({ spec }) => spec.containers[0]!.image === "unready");
const setsOf = (app: string) =>
  t.informers.replicaSets.list("default").filter((set) => set.metadata.labels?.app === app);
const statusOf = (name: string) => t.informers.deployments.get("default", name)?.status;
const progressing = (name: string) =>
  statusOf(name)?.conditions?.find(({ type }) => type === "Progressing")?.reason;
/** As `until`, while so little time passes that only what is tried again has its turn. */
const soon = (what: string, check: () => boolean) =>
  t.until(what, async () => {
    await clock.advance(5);
    return check();
  });

function manifest(name: string, image: string): string {
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 4,
      progressDeadlineSeconds: 60,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } },
    },
  });
}
async function rollOut(name: string): Promise<void> {
  await t.ok("apply -f -", manifest(name, "web:1"));
  await soon("it is complete", () => progressing(name) === "NewReplicaSetAvailable");
  await t.ok("apply -f -", manifest(name, "unready"));
  // All that can happen has, and is reported: from here on time passes without progress.
  await soon("it got as far as it can", () => {
    const { replicas, updatedReplicas, readyReplicas } = statusOf(name) ?? {};
    return replicas === 5 && updatedReplicas === 2 && readyReplicas === 3;
  });
  expect(progressing(name)).toBe("ReplicaSetUpdated");
}

test("a slow rollout has its deadline from the last progress on", async () => {
  await rollOut("slow");
  for (let ready = 1; ready <= 4; ready++) {
    await clock.advance(50_000);
    const next = await t.until("one is not ready yet", () => newPods().find((pod) => !isReady(pod)));
    await t.kubelet.setReady("default", next.metadata.name, true);
    await soon("it is noticed and goes on", () => {
      const { replicas, updatedReplicas, readyReplicas } = statusOf("slow") ?? {};
      // Four are wanted, five may be there, three must be ready.
      return (
        replicas === (ready < 3 ? 5 : 4) &&
        updatedReplicas === Math.min(4, ready + 2) &&
        readyReplicas === Math.max(3, ready)
      );
    });
    expect(progressing("slow")).not.toBe("ProgressDeadlineExceeded");
  }
  await soon("it is complete", () => progressing("slow") === "NewReplicaSetAvailable");
});

test("a rollout that gets stuck is said to be so after its deadline, keeps what is available, and undo mends it", async () => {
  await rollOut("stuck");
  await clock.advance(50_000);
  expect(progressing("stuck")).toBe("ReplicaSetUpdated");
  await clock.advance(15_000);
  await soon("its time is over", () => progressing("stuck") === "ProgressDeadlineExceeded");
  expect(await t.refused("rollout status deployment stuck --timeout=60s")).toContain(
    'deployment "stuck" exceeded its progress deadline',
  );
  expect(podsOf("stuck").filter(isReady)).toHaveLength(3);
  // While it is stuck, both sets grow in proportion.
  await t.ok("scale deployment stuck --replicas=8");
  await soon(
    "both sets have grown",
    () =>
      setsOf("stuck")
        .map(({ spec: { replicas } }) => replicas)
        .sort()
        .join() === "4,6",
  );
  await t.ok("rollout undo deployment stuck");
  await soon("it is complete", () => progressing("stuck") === "NewReplicaSetAvailable");
  expect(new Set(podsOf("stuck").map(({ spec }) => spec.containers[0]!.image))).toEqual(new Set(["web:1"]));
});
