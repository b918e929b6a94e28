import { afterAll, beforeAll, expect, test } from "vitest";
import { isActive } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 300_000);
afterAll(() => t?.close());

const podsOf = (app: string, namespace = "default") =>
  t.informers.pods.list(namespace).filter((pod) => pod.metadata.labels?.app === app && isActive(pod));
const template = (app: string, image = "nginx") => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "main", image }] },
});

test("a quota stops it: it says so a few times, goes on with others, and fills up when there is room", async () => {
  await t.ok("create namespace tight");
  await t.ok("create quota few --hard=pods=3 -n tight");
  await t.ok("create deployment big --image=nginx --replicas=40 -n tight");
  await t.until("it has what it may have", () => podsOf("big", "tight").length === 3);
  const story = await t.until("it says why", async () => {
    const text = await t.ok("describe replicaset -l app=big -n tight");
    return text.includes("FailedCreate") && text;
  });
  expect(story).toMatch(
    /Error creating: pods "big-[\w-]+" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3/,
  );
  expect(story).toMatch(/ReplicaFailure +True +FailedCreate/);
  await t.ok("create deployment other --image=nginx --replicas=2");
  await t.ok("rollout status deployment other --timeout=90s");
  expect(podsOf("big", "tight")).toHaveLength(3);
  await t.ok(["patch", "quota", "few", "-n", "tight", "-p", '{"spec":{"hard":{"pods":"50"}}}']);
  await t.ok("rollout status deployment big -n tight --timeout=90s");
  expect(podsOf("big", "tight")).toHaveLength(40);
});

test("a ReplicationController keeps its number, takes over what matches and scales", async () => {
  await t.ok("run loose --image=nginx --labels=app=old");
  const controller = {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name: "old" },
    spec: { replicas: 3, selector: { app: "old" }, template: template("old") },
  };
  await t.ok("apply -f -", JSON.stringify(controller));
  await t.until("three are there", () => podsOf("old").length === 3);
  expect(podsOf("old").map(({ metadata }) => metadata.name)).toContain("loose");
  await t.until("they are ready", async () => /^old +3 +3 +3 /.test(await t.ok("get rc old --no-headers")));
  expect(await t.ok("describe rc old")).toMatch(
    /SuccessfulCreate +\S+ +replication-controller +Created pod: old-/,
  );
  await t.ok("scale rc old --replicas=1");
  await t.until("one is left", () => podsOf("old").length === 1);
  await t.ok("delete rc old");
  await t.until("none is left", () => podsOf("old").length === 0);
});
