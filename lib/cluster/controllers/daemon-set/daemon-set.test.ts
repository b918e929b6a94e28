import { afterAll, beforeAll, expect, test } from "vitest";
import { isActive, isReady } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ nodes: ["node01", "node02", "node03"] });
}, 300_000);
afterAll(() => t?.close());

function manifest(name: string, image: string, spec: object = {}, podSpec: object = {}): string {
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "main", image }], ...podSpec },
      },
      ...spec,
    },
  });
}
const podsOf = (app: string) =>
  t.informers.pods.list("default").filter((pod) => pod.metadata.labels?.app === app && isActive(pod));
const nodesOf = (app: string) =>
  podsOf(app)
    .map(({ spec }) => spec.nodeName)
    .sort();
const imagesOf = (app: string) => podsOf(app).map(({ spec }) => spec.containers[0]!.image);

test("one a node, but not on tainted ones, until it tolerates them; a new node gets its own", async () => {
  await t.ok("taint node node03 role=db:NoSchedule");
  await t.ok("apply -f -", manifest("agent", "agent:1"));
  await t.ok("rollout status daemonset agent --timeout=90s");
  expect(nodesOf("agent")).toEqual(["node01", "node02"]);
  expect(await t.ok("get daemonset agent --no-headers")).toMatch(/^agent +2 +2 +2 +2 +2 /);
  const tolerations = [{ key: "role", operator: "Exists" }];
  await t.ok("apply -f -", manifest("agent", "agent:1", {}, { tolerations }));
  await t.until("the third has one", () => nodesOf("agent").length === 3);
  await t.kubelet.join("node04");
  await t.until("the fourth too", () => nodesOf("agent").length === 4);
  await t.ok("cordon node04");
  await t.ok("delete pod -l app=agent --field-selector spec.nodeName=node04");
  await t.until("a cordoned node keeps it", () => nodesOf("agent").includes("node04"));
  await t.ok("delete node node04");
});

test("a pod counts as available minReadySeconds after it is ready, without anything else happening", async () => {
  await t.ok("apply -f -", manifest("patient", "agent:1", { minReadySeconds: 1 }));
  await t.ok("rollout status daemonset patient --timeout=30s");
  await t.ok("delete daemonset patient");
});

test("NoExecute takes it away, the end of the taint brings it back", async () => {
  await t.ok("apply -f -", manifest("short", "agent:1"));
  await t.ok("rollout status daemonset short --timeout=90s");
  await t.ok("taint node node01 drill=now:NoExecute");
  await t.until("it left", () => !nodesOf("short").includes("node01"));
  await t.ok("taint node node01 drill-");
  await t.until("it is back", () => nodesOf("short").includes("node01"));
});

test("an update goes node by node; history and undo; OnDelete waits for a deletion", async () => {
  const tolerations = [{ operator: "Exists" }];
  await t.ok("apply -f -", manifest("roll", "agent:1", {}, { tolerations }));
  await t.ok("rollout status daemonset roll --timeout=90s");
  let fewest = 3;
  const release = t.informers.pods.onChange(() => {
    fewest = Math.min(fewest, podsOf("roll").filter(isReady).length);
  });
  await t.ok("set image daemonset/roll main=agent:2");
  await t.ok("rollout status daemonset roll --timeout=90s");
  release();
  expect(fewest).toBe(2);
  expect(imagesOf("roll")).toEqual(["agent:2", "agent:2", "agent:2"]);
  expect(await t.ok("rollout history daemonset roll")).toMatch(/1 +<none>\n2 +<none>/);
  expect(await t.ok("rollout undo daemonset roll")).toBe("daemonset.apps/roll rolled back\n");
  await t.ok("rollout status daemonset roll --timeout=90s");
  expect(imagesOf("roll")).toEqual(["agent:1", "agent:1", "agent:1"]);
  expect(await t.ok("rollout history daemonset roll")).toMatch(/2 +<none>\n3 +<none>/);

  await t.ok(
    "apply -f -",
    manifest("roll", "agent:3", { updateStrategy: { type: "OnDelete" } }, { tolerations }),
  );
  await t.until("the revision is there", async () =>
    /\n4 +/.test(await t.ok("rollout history daemonset roll")),
  );
  expect(imagesOf("roll")).toEqual(["agent:1", "agent:1", "agent:1"]);
  await t.ok("delete pod -l app=roll --field-selector spec.nodeName=node01");
  await t.until("one is new", () => imagesOf("roll").sort().join() === "agent:1,agent:1,agent:3");
});

test("maxSurge starts the new pod of a node before the old one goes", async () => {
  const spec = {
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  };
  const tolerations = [{ operator: "Exists" }];
  await t.ok("apply -f -", manifest("surge", "agent:1", spec, { tolerations }));
  await t.ok("rollout status daemonset surge --timeout=90s");
  const seen = { most: 0, fewest: 3 };
  const release = t.informers.pods.onChange(() => {
    seen.most = Math.max(seen.most, podsOf("surge").length);
    const served = podsOf("surge").filter(isReady);
    seen.fewest = Math.min(seen.fewest, new Set(served.map(({ spec: { nodeName } }) => nodeName)).size);
  });
  await t.ok("set image daemonset/surge main=agent:2");
  await t.ok("rollout status daemonset surge --timeout=90s");
  await t.until("the old ones are gone", () => imagesOf("surge").join() === "agent:2,agent:2,agent:2");
  release();
  expect(seen).toEqual({ most: 4, fewest: 3 });
});

test("a quota refuses its pods: it says so on the object and in its status, and fills up when there is room", async () => {
  await t.ok("create namespace narrow");
  await t.ok("create quota one --hard=pods=1 -n narrow");
  const tolerations = [{ operator: "Exists" }];
  await t.ok("apply -n narrow -f -", manifest("agent", "agent:1", {}, { tolerations }));
  const statusOf = () => t.informers.daemonSets.get("narrow", "agent")?.status;
  await t.until("it has what it may have, and says so", () => statusOf()?.numberReady === 1);
  expect(statusOf()).toMatchObject({ desiredNumberScheduled: 3, numberUnavailable: 2 });
  await t.until("it says why", async () =>
    /Warning +FailedCreate +.* daemonset-controller +Error creating: pods "agent-\w+" is forbidden: exceeded quota: one/.test(
      await t.ok("describe daemonset agent -n narrow"),
    ),
  );
  await t.ok("delete quota one -n narrow");
  await t.ok("rollout status daemonset agent -n narrow --timeout=90s");
});
