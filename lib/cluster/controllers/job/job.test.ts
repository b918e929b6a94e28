import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { refs } from "@/lib/cluster/client/refs";
import type { Pod } from "@/lib/cluster/resources/types";
import { isActive } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

const clock = new ManualClock();
let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ clock });
}, 300_000);
afterAll(() => t?.close());

const manifest = (name: string, spec: object, image: string, restartPolicy = "Never") =>
  JSON.stringify({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { ...spec, template: { spec: { restartPolicy, containers: [{ name: "main", image }] } } },
  });
const podsOf = (name: string) =>
  t.informers.pods.list("default").filter(({ metadata }) => metadata.labels?.["job-name"] === name);
const statusOf = (name: string) => t.informers.jobs.get("default", name)?.status;
const hasCondition = (name: string, type: string) =>
  statusOf(name)?.conditions?.some((one) => one.type === type && one.status === "True");

test("completions in waves of parallelism, never more at once, told by describe", async () => {
  const seen = { most: 0, makes: 0 };
  const release = t.informers.pods.onChange((now, old) => {
    if (now && !old) seen.makes += 1;
    seen.most = Math.max(seen.most, podsOf("waves").filter(isActive).length);
  });
  await t.ok("apply -f -", manifest("waves", { completions: 5, parallelism: 2 }, "pause"));
  for (let done = 0; done < 5; done++) {
    const running = await t.until("as many run as may", () => {
      const some = podsOf("waves").filter(({ status }) => status?.phase === "Running");
      return some.length === Math.min(2, 5 - done) && some;
    });
    await t.kubelet.finish("default", running[0]!.metadata.name, 0);
    await t.until("it is counted", () => statusOf("waves")?.succeeded === done + 1);
  }
  release();
  expect(seen).toEqual({ most: 2, makes: 5 });
  expect(await t.ok("wait --for=condition=complete job/waves --timeout=90s")).toContain("condition met");
  expect(await t.ok("get job waves --no-headers")).toMatch(/^waves +Complete +5\/5 /);
  await t.until("all pods are let go", () =>
    podsOf("waves").every(({ metadata }) => !metadata.finalizers?.length),
  );
  const story = await t.ok("describe job waves");
  expect(story).toMatch(/Pods Statuses: +0 Active \(0 Ready\) \/ 5 Succeeded \/ 0 Failed/);
  expect(story.match(/SuccessfulCreate +\S+ +job-controller +Created pod: waves-/g)).toHaveLength(5);
  expect(story).toMatch(/Normal +Completed +\S+ +job-controller +Job completed/);
});

test("pods that are taken away while others write on them are not counted as failed", async () => {
  await t.ok("apply -f -", manifest("busy", { parallelism: 8, completions: 8 }, "pause"));
  await t.until("eight run", () => statusOf("busy")?.ready === 8);
  let isWriting = true;
  const scribble = async (pod: Pod) => {
    for (let stroke = 0; isWriting; stroke++) {
      await t.admin
        .patch(refs.pods, "default", pod.metadata.name, "application/merge-patch+json", {
          metadata: { annotations: { stroke: String(stroke) } },
        })
        .catch(() => (isWriting = false));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const writers = podsOf("busy").map(scribble);
  await t.admin.patch(refs.jobs, "default", "busy", "application/merge-patch+json", {
    spec: { parallelism: 0 },
  });
  await t.until("none is left", async () => {
    await clock.advance(10);
    return podsOf("busy").length === 0;
  });
  isWriting = false;
  await Promise.all(writers);
  await t.until("that is counted", () => !statusOf("busy")?.active && !statusOf("busy")?.terminating);
  expect(statusOf("busy")?.failed).toBeUndefined();
  expect(hasCondition("busy", "Failed")).toBeFalsy();
});

test("backoffLimit: pods come later and later, then the Job fails", async () => {
  await t.ok("apply -f -", manifest("fails", { backoffLimit: 2 }, "exit-3"));
  for (const [failures, waitMs] of [
    [1, 10_000],
    [2, 20_000],
  ] as const) {
    await t.until(`${failures} counted`, () => statusOf("fails")?.failed === failures);
    expect(podsOf("fails")).toHaveLength(failures);
    await clock.advance(waitMs + 1000);
  }
  await t.until("it has failed", () => hasCondition("fails", "Failed"));
  expect(statusOf("fails")).toMatchObject({ failed: 3 });
  expect(await t.ok("describe job fails")).toMatch(
    /Warning +BackoffLimitExceeded +\S+ +job-controller +Job has reached the specified backoff limit/,
  );
});

test("indexed: a pod an index, and what is done stands in the status", async () => {
  await t.ok(
    "apply -f -",
    manifest("parts", { completions: 5, parallelism: 5, completionMode: "Indexed" }, "pause"),
  );
  await t.until(
    "five pods",
    () => podsOf("parts").filter(({ status }) => status?.phase === "Running").length === 5,
  );
  for (const pod of podsOf("parts").filter(({ metadata }) => !/-3-\w+$/.test(metadata.name)))
    await t.kubelet.finish("default", pod.metadata.name, 0);
  await t.until("four indexes are done", () => statusOf("parts")?.completedIndexes === "0-2,4");
  expect(await t.ok("describe job parts")).toMatch(/Completed Indexes: +0-2,4/);
});

test("suspend takes the pods away, resume brings them back; neither counts as a failure", async () => {
  await t.ok("apply -f -", manifest("rests", { parallelism: 2, completions: 2 }, "pause"));
  await t.until("two run", () => statusOf("rests")?.ready === 2);
  await t.ok(["patch", "job", "rests", "-p", '{"spec":{"suspend":true}}']);
  await t.until("no pod is left", () => podsOf("rests").length === 0);
  expect(await t.ok("get job rests --no-headers")).toMatch(/^rests +Suspended +0\/2 /);
  await t.ok(["patch", "job", "rests", "-p", '{"spec":{"suspend":false}}']);
  await t.until("two run again", () => statusOf("rests")?.ready === 2);
  expect(statusOf("rests")?.failed).toBeUndefined();
  expect(await t.ok("describe job rests")).toMatch(/Normal +Resumed +\S+ +job-controller +Job resumed/);
});

test("activeDeadlineSeconds ends it; its pod is gone; a time to live takes the Job", async () => {
  await t.ok(
    "apply -f -",
    manifest("late", { activeDeadlineSeconds: 100, ttlSecondsAfterFinished: 60 }, "pause"),
  );
  await t.until("it runs", () => statusOf("late")?.ready === 1);
  await clock.advance(101_000);
  await t.until("it has failed", () => hasCondition("late", "Failed"));
  expect(await t.ok("get job late -o jsonpath={.status.conditions[*].reason}")).toBe(
    "DeadlineExceeded DeadlineExceeded",
  );
  expect(podsOf("late")).toEqual([]);
  await clock.advance(61_000);
  await t.until("the Job is gone", () => statusOf("late") === undefined);
});

test("a restart of the controllers neither doubles a pod nor a count", async () => {
  await t.ok("apply -f -", manifest("twice", { completions: 4, parallelism: 4 }, "pause"));
  await t.until("four run", () => statusOf("twice")?.ready === 4);
  const [first] = podsOf("twice");
  await t.kubelet.finish("default", first!.metadata.name, 0);
  await t.restartControllers();
  await t.until("one is counted", () => statusOf("twice")?.succeeded === 1);
  await t.restartControllers();
  await t.until(
    "it is still so",
    () => statusOf("twice")?.succeeded === 1 && statusOf("twice")?.active === 3,
  );
  expect(podsOf("twice")).toHaveLength(4);
});

test("a deleted Job takes its pods along, held as they are by its finalizer", async () => {
  await t.ok("apply -f -", manifest("gone", { parallelism: 2, completions: 2 }, "pause"));
  await t.until("two run", () => statusOf("gone")?.ready === 2);
  await t.ok("delete job gone --cascade=foreground --timeout=90s");
  expect(podsOf("gone")).toEqual([]);
  await t.ok("apply -f -", manifest("gone", { parallelism: 2, completions: 2 }, "pause"));
  await t.until("two run again", () => statusOf("gone")?.ready === 2);
  await t.ok("delete job gone --cascade=background");
  await t.until("the pods are gone", () => podsOf("gone").length === 0);
});
