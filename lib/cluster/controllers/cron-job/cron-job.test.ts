import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { startControlledCluster, type ControlledCluster } from "../testing";

const clock = new ManualClock();
let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ clock });
}, 300_000);
afterAll(() => t?.close());

const jobsOf = (name: string) =>
  t.informers.jobs.list("default").filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === name);
/** One minute passes, and its runs are there. */
async function minute(name: string, count: number): Promise<void> {
  await clock.advance(60_000);
  await t.until(`${count} jobs of ${name}`, () => jobsOf(name).length === count);
}

test("a run a minute, a history of the last ones, and the story in describe", async () => {
  await t.ok(["create", "cronjob", "beat", "--image=exit-0", "--schedule=* * * * *"]);
  await t.until("the controller waits for it", () => t.informers.cronJobs.get("default", "beat"));
  for (const count of [1, 2, 3, 3]) {
    await minute("beat", count);
    await t.until("all are complete", () => jobsOf("beat").every(({ status }) => status?.succeeded === 1));
    await t.until("none is active", () => !t.informers.cronJobs.get("default", "beat")?.status?.active);
  }
  const story = await t.ok("describe cronjob beat");
  expect(story).toMatch(/Normal +SuccessfulCreate +\S+.* cronjob-controller +Created job beat-\d+/);
  expect(story).toMatch(/SawCompletedJob .*Saw completed job: beat-\d+, condition: Complete/);
  expect(story).toMatch(/SuccessfulDelete .*Deleted job beat-\d+/);
  await t.ok(["patch", "cronjob", "beat", "-p", '{"spec":{"suspend":true}}']);
});

test("Forbid keeps to one; a restart makes none twice; a manual run is one more", async () => {
  const manifest = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "slow" },
    spec: {
      schedule: "* * * * *",
      concurrencyPolicy: "Forbid",
      jobTemplate: {
        spec: {
          template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "pause" }] } },
        },
      },
    },
  };
  await t.ok("apply -f -", JSON.stringify(manifest));
  await t.until("it is seen", () => t.informers.cronJobs.get("default", "slow"));
  await minute("slow", 1);
  await t.until(
    "it is active",
    () => t.informers.cronJobs.get("default", "slow")?.status?.active?.length === 1,
  );
  await t.restartControllers();
  await minute("slow", 1);
  await t.until("it says why", async () =>
    (await t.ok("describe cronjob slow")).includes("JobAlreadyActive"),
  );
  expect(await t.ok("get cronjob slow --no-headers")).toMatch(/^slow +\* \* \* \* \* +<none> +\S+ +1 +/);
  expect(await t.ok("create job by-hand --from=cronjob/slow")).toBe("job.batch/by-hand created\n");
  await t.until("it runs", () => t.informers.jobs.get("default", "by-hand")?.status?.ready === 1);
});
