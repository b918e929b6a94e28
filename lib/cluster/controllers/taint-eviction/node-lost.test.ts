import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { isActive } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

const clock = new ManualClock();
let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ clock, nodes: ["node01", "node02", "node03"] });
}, 300_000);
afterAll(() => t?.close());

const podsOn = (node: string, app: string) =>
  t.informers.pods
    .list("default")
    .filter((pod) => pod.spec.nodeName === node && pod.metadata.labels?.app === app);
const taintsOf = (node: string) =>
  t.informers.nodes.get(undefined, node)?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`) ?? [];

test("a taint with NoExecute evicts at once those that do not tolerate it, others after their time", async () => {
  await t.ok("create deployment plain --image=nginx --replicas=3");
  await t.ok("rollout status deployment plain --timeout=90s");
  await t.until("one a node", () => podsOn("node03", "plain").length === 1);
  const victim = podsOn("node03", "plain")[0]!.metadata.name;
  await t.ok("taint node node03 drill=now:NoExecute");
  await t.until("none is left there", () => podsOn("node03", "plain").length === 0);
  await t.ok("rollout status deployment plain --timeout=90s");
  expect(await t.ok("get events --field-selector reason=TaintManagerEviction")).toContain(
    `Marking for deletion Pod default/${victim}`,
  );
  await t.ok("taint node node03 drill-");
});

test("one that tolerates the taint for a minute goes after a minute", async () => {
  const patient = (name: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeName: "node01",
      tolerations: [{ key: "drill", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }],
      containers: [{ name: "main", image: "nginx" }],
    },
  });
  const isThere = (name: string) => {
    const pod = t.informers.pods.get("default", name);
    return pod !== undefined && isActive(pod);
  };
  await t.ok("apply -f -", JSON.stringify(patient("patient")));
  await t.until("it runs", () => t.informers.pods.get("default", "patient")?.status?.phase === "Running");
  await t.ok("taint node node01 drill=later:NoExecute");
  await t.until("the taint is seen", () => taintsOf("node01").includes("drill:NoExecute"));
  await clock.advance(50_000);
  expect(isThere("patient")).toBe(true);
  await clock.advance(20_000);
  await t.until("its minute is over", () => !isThere("patient"));
  await t.ok("taint node node01 drill-");
});

test("a node whose kubelet falls silent: NotReady, out of the Service, evicted after 300 s, replaced elsewhere", async () => {
  await t.ok("create deployment web --image=nginx --replicas=3");
  await t.ok("expose deployment web --port=80");
  await t.ok("rollout status deployment web --timeout=90s");
  const lost = podsOn("node02", "web").map(({ metadata }) => metadata.name);
  expect(lost.length).toBeGreaterThan(0);
  await t.kubelet.lose("node02");
  await clock.advance(61_000);
  await t.until("it is tainted", () =>
    taintsOf("node02").includes("node.kubernetes.io/unreachable:NoExecute"),
  );
  expect(await t.ok("get node node02 --no-headers")).toMatch(/^node02 +NotReady /);
  expect(await t.ok("describe node node02")).toContain("Kubelet stopped posting node status.");
  const readyEndpoints = () =>
    t.informers.endpointSlices
      .list("default")
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "web")
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready);
  await t.until("its pods left the Service", () => readyEndpoints().length === 3 - lost.length);
  expect(podsOn("node02", "web").every(isActive)).toBe(true);
  await clock.advance(301_000);
  await t.until("its pods are on their way out", () => !podsOn("node02", "web").some(isActive));
  await t.until("three are ready elsewhere", () => readyEndpoints().length === 3);
  expect(await t.ok("get pods -l app=web --no-headers")).toMatch(new RegExp(`${lost[0]!} +1/1 +Terminating`));

  // The node is given up: its pods go without it.
  await t.ok("delete node node02");
  await t.until("the collector has seen it", () => !t.informers.nodes.get(undefined, "node02"));
  await clock.advance(41_000);
  await t.until("nothing is left of it", () => podsOn("node02", "web").length === 0);
});

test("a node that comes gets the range that another left, a hint how long to keep, and is greeted", async () => {
  const ranges = await t.ok("get nodes -o jsonpath={.items[*].spec.podCIDR}");
  expect(ranges).toBe("10.244.0.0/24 10.244.2.0/24");
  await t.kubelet.join("node04");
  await t.until("it has a range", () => t.informers.nodes.get(undefined, "node04")?.spec?.podCIDR);
  const story = await t.until("it is greeted", async () => {
    const text = await t.ok("describe node node04");
    return text.includes("RegisteredNode") && text.includes("node.alpha.kubernetes.io/ttl") && text;
  });
  expect(story).toMatch(/^PodCIDR: +10\.244\.1\.0\/24$/m);
  expect(story).toMatch(/^Annotations: +node\.alpha\.kubernetes\.io\/ttl: 0$/m);
  expect(story).toMatch(
    /Normal +RegisteredNode +\S+ +node-controller +Node node04 event: Registered Node node04 in Controller/,
  );
});
