import { afterAll, beforeAll, expect, test } from "vitest";
import { isReady } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 300_000);
afterAll(() => t?.close());

const ready = (app: string) =>
  t.informers.pods.list("default").filter((pod) => pod.metadata.labels?.app === app && isReady(pod));
const budgetStatus = (name: string) => t.informers.podDisruptionBudgets.get("default", name)?.status;

test("drain moves pods one by one as far as the budget goes, and never further", async () => {
  await t.ok("create deployment web --image=nginx --replicas=4");
  await t.ok("create poddisruptionbudget web --selector=app=web --max-unavailable=1");
  await t.ok("rollout status deployment web --timeout=90s");
  await t.until("one may go", () => budgetStatus("web")?.disruptionsAllowed === 1);
  expect(await t.ok("get pdb web --no-headers")).toMatch(/^web +N\/A +1 +1 /);
  let fewest = 4;
  const release = t.informers.pods.onChange(() => {
    fewest = Math.min(fewest, ready("web").length);
  });
  await t.ok("drain node01 --ignore-daemonsets --timeout=90s");
  release();
  expect(ready("web").filter(({ spec }) => spec.nodeName === "node01")).toEqual([]);
  expect(fewest).toBe(3);
  expect(await t.ok("get node node01 --no-headers")).toMatch(/^node01 +Ready,SchedulingDisabled /);
  await t.ok("rollout status deployment web --timeout=90s");
});

test("a budget that allows nothing holds the drain, which says why; relaxed, it goes through", async () => {
  await t.ok("uncordon node01");
  await t.ok("create deployment db --image=nginx --replicas=2");
  await t.ok("create poddisruptionbudget db --selector=app=db --min-available=2");
  await t.ok("rollout status deployment db --timeout=90s");
  await t.until("all are counted", () => budgetStatus("db")?.currentHealthy === 2);
  const node = ready("db")[0]!.spec.nodeName!;
  // Long enough for one attempt on a busy machine too: kubectl tries again after five seconds, and gives up here.
  expect(await t.refused(`drain ${node} --ignore-daemonsets --timeout=8s`)).toContain(
    "Cannot evict pod as it would violate the pod's disruption budget.",
  );
  expect(ready("db")).toHaveLength(2);
  await t.ok(["patch", "pdb", "db", "-p", '{"spec":{"minAvailable":1}}']);
  await t.ok(`drain ${node} --ignore-daemonsets --timeout=90s`);
  await t.ok(`uncordon ${node}`);
});

test("a pod that is broken anyway is evicted from a budget that is met without it", async () => {
  await t.ok("create deployment mixed --image=nginx --replicas=2");
  await t.ok("rollout status deployment mixed --timeout=90s");
  const [broken] = ready("mixed");
  await t.kubelet.setReady("default", broken!.metadata.name, false);
  await t.ok("create poddisruptionbudget mixed --selector=app=mixed --min-available=1");
  await t.until("it is counted", () => budgetStatus("mixed")?.currentHealthy === 1);
  expect(budgetStatus("mixed")?.disruptionsAllowed).toBe(0);
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: broken!.metadata.name } };
  await t.ok(
    `create --raw /api/v1/namespaces/default/pods/${broken!.metadata.name}/eviction -f -`,
    JSON.stringify(eviction),
  );
  await t.until("it is gone", () => !t.informers.pods.get("default", broken!.metadata.name));
});

test("a budget over pods without scale says so and allows nothing", async () => {
  const daemons = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: {
        metadata: { labels: { app: "agent" } },
        spec: { containers: [{ name: "m", image: "agent" }] },
      },
    },
  };
  await t.ok("apply -f -", JSON.stringify(daemons));
  await t.ok("rollout status daemonset agent --timeout=90s");
  await t.ok("create poddisruptionbudget agent --selector=app=agent --max-unavailable=1");
  await t.until("it says so", () => budgetStatus("agent")?.conditions?.[0]?.reason === "SyncFailed");
  expect(await t.ok("describe pdb agent")).toContain(
    "Failed to calculate the number of expected pods: daemonsets.apps does not implement the scale subresource",
  );
});
