import { afterAll, beforeAll, expect, test } from "vitest";
import { isActive, isReady } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 60_000);
afterAll(() => t?.close());

const podsOf = (app: string) =>
  t.informers.pods.list("default").filter((pod) => pod.metadata.labels?.app === app);
const setsOf = (app: string) =>
  t.informers.replicaSets.list("default").filter((set) => set.metadata.labels?.app === app);
const statusOf = (name: string) => t.informers.deployments.get("default", name)?.status;
const imagesOf = (app: string) => [
  ...new Set(
    podsOf(app)
      .filter(isActive)
      .map(({ spec }) => spec.containers[0]!.image),
  ),
];

/** The most active pods and the fewest ready ones that were ever there. */
function extremes(app: string) {
  const seen = { most: 0, fewest: Infinity };
  const look = () => {
    const active = podsOf(app).filter(isActive);
    seen.most = Math.max(seen.most, active.length);
    seen.fewest = Math.min(seen.fewest, active.filter(isReady).length);
  };
  return { seen, close: t.informers.pods.onChange(look) };
}

function manifest(name: string, image: string, spec: object = {}): string {
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 10,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } },
      ...spec,
    },
  });
}

test.each([
  ["surge", { maxSurge: "30%", maxUnavailable: 0 }, 13, 10],
  ["gap", { maxSurge: 0, maxUnavailable: 3 }, 10, 7],
  ["both", { maxSurge: "25%", maxUnavailable: "25%" }, 13, 8],
])(
  "a rolling update holds maxSurge and maxUnavailable at every moment: %s",
  async (name, rollingUpdate, most, fewest) => {
    const spec = { strategy: { type: "RollingUpdate", rollingUpdate } };
    await t.ok("apply -f -", manifest(name, "web:1", spec));
    await t.ok(`rollout status deployment ${name} --timeout=60s`);
    const { seen, close } = extremes(name);
    await t.ok("apply -f -", manifest(name, "web:2", spec));
    expect(await t.ok(`rollout status deployment ${name} --timeout=60s`)).toContain(
      "successfully rolled out",
    );
    close();
    expect(imagesOf(name)).toEqual(["web:2"]);
    expect(seen.most).toBeLessThanOrEqual(most);
    expect(seen.fewest).toBeGreaterThanOrEqual(fewest);
    await t.ok(`delete deployment ${name}`);
  },
);

test("history tells the causes; undo goes back one or to a revision, which gets a new number", async () => {
  const small = { replicas: 2 };
  for (const version of [1, 2, 3]) {
    await t.ok("apply -f -", manifest("shop", `web:${version}`, small));
    await t.ok([
      "annotate",
      "deployment",
      "shop",
      "--overwrite",
      `kubernetes.io/change-cause=version ${version}`,
    ]);
    await t.ok("rollout status deployment shop --timeout=60s");
  }
  const history = async () =>
    [...(await t.ok("rollout history deployment shop")).matchAll(/^(\d+) +(.*)$/gm)].map(
      ([, number, cause]) => `${number} ${cause}`,
    );
  await t.until(
    "all causes are there",
    async () => (await history()).join() === "1 version 1,2 version 2,3 version 3",
  );
  expect(await t.ok("rollout history deployment shop --revision=2")).toMatch(/Image:\s+web:2/);
  expect(await t.ok("rollout undo deployment shop")).toBe("deployment.apps/shop rolled back\n");
  await t.ok("rollout status deployment shop --timeout=60s");
  expect(imagesOf("shop")).toEqual(["web:2"]);
  await t.ok("rollout undo deployment shop --to-revision=1");
  await t.ok("rollout status deployment shop --timeout=60s");
  expect(imagesOf("shop")).toEqual(["web:1"]);
  await t.until(
    "the numbers went on",
    async () => (await history()).join() === "3 version 3,4 version 2,5 version 1",
  );
  expect(setsOf("shop")).toHaveLength(3);
  expect(
    setsOf("shop")
      .map(({ metadata }) => metadata.annotations?.["deployment.kubernetes.io/revision-history"])
      .sort(),
  ).toEqual(["1", "2", undefined]);
  expect(await t.refused("rollout undo deployment shop --to-revision=99")).toContain(
    "unable to find specified revision 99",
  );
  expect(await t.ok("describe deployment shop")).toMatch(
    /ScalingReplicaSet +\S+.* deployment-controller +Scaled up replica set shop-\w+ from 0 to 2/,
  );
});

test("paused it takes changes without rolling, and scales; resumed it rolls once", async () => {
  await t.ok("apply -f -", manifest("calm", "web:1", { replicas: 2 }));
  await t.ok("rollout status deployment calm --timeout=60s");
  await t.ok("rollout pause deployment calm");
  await t.ok("set image deployment/calm main=web:2");
  await t.ok("set env deployment/calm MODE=fast");
  await t.ok("scale deployment calm --replicas=3");
  await t.until("it has three", () => statusOf("calm")?.availableReplicas === 3);
  expect(imagesOf("calm")).toEqual(["web:1"]);
  expect(statusOf("calm")?.conditions).toContainEqual(
    expect.objectContaining({ type: "Progressing", status: "Unknown", reason: "DeploymentPaused" }),
  );
  await t.ok("rollout resume deployment calm");
  await t.ok("rollout status deployment calm --timeout=60s");
  expect(imagesOf("calm")).toEqual(["web:2"]);
  expect(setsOf("calm")).toHaveLength(2);
});

test("a ReplicaSet that may not be made: the Deployment says why, and rolls out once it may", async () => {
  await t.ok("create namespace strict");
  await t.ok("create quota none --hard=count/replicasets.apps=0 -n strict");
  await t.ok("create deployment web --image=nginx -n strict");
  const story = await t.until("it says why", async () => {
    const text = await t.ok("describe deployment web -n strict");
    return /Warning +ReplicaSetCreateError/.test(text) && text;
  });
  const why =
    'replicasets.apps "web-\\w+" is forbidden: exceeded quota: none, requested: count/replicasets.apps=1';
  expect(story).toMatch(
    new RegExp(`deployment-controller +Failed to create new replica set "web-\\w+": ${why}`),
  );
  await t.until("its status says so", async () =>
    /Progressing +False +ReplicaSetCreateError/.test(await t.ok("describe deployment web -n strict")),
  );
  await t.ok("delete quota none -n strict");
  await t.ok("rollout status deployment web -n strict --timeout=90s");
});

test("pods that a quota refuses: the Deployment shows its set's failure", async () => {
  await t.ok("create namespace full");
  await t.ok("create quota one --hard=pods=1 -n full");
  await t.ok("create deployment web --image=nginx --replicas=3 -n full");
  await t.until("all three conditions are there", async () => {
    const text = await t.ok("describe deployment web -n full");
    return [
      /Available +False +MinimumReplicasUnavailable/,
      /Progressing +True +(NewReplicaSetCreated|ReplicaSetUpdated)/,
      /ReplicaFailure +True +FailedCreate/,
    ].every((line) => line.test(text));
  });
});

test("Recreate starts nothing new before the last old pod is gone", async () => {
  const spec = { replicas: 2, strategy: { type: "Recreate" } };
  await t.ok("apply -f -", manifest("swap", "stays", spec));
  await t.ok("rollout status deployment swap --timeout=60s");
  const old = podsOf("swap");
  await t.ok("set image deployment/swap main=web:2");
  await t.until("the old ones are terminating", () =>
    podsOf("swap").every(({ metadata }) => metadata.deletionTimestamp),
  );
  await t.kubelet.letGo("default", old[0]!.metadata.name);
  await t.until("one is gone", () => podsOf("swap").length === 1);
  await t.ok(["annotate", "deployment", "swap", "looked=again"]);
  await t.until("the controller looked again", () => {
    const deployment = t.informers.deployments.get("default", "swap");
    return deployment?.metadata.generation === deployment?.status?.observedGeneration;
  });
  expect(podsOf("swap").map(({ metadata }) => metadata.name)).toEqual([old[1]!.metadata.name]);
  await t.kubelet.letGo("default", old[1]!.metadata.name);
  await t.ok("rollout status deployment swap --timeout=60s");
  expect(imagesOf("swap")).toEqual(["web:2"]);
});

test("revisionHistoryLimit keeps so many old sets", async () => {
  for (const version of [1, 2, 3, 4]) {
    await t.ok("apply -f -", manifest("short", `web:${version}`, { replicas: 1, revisionHistoryLimit: 1 }));
    await t.ok("rollout status deployment short --timeout=60s");
  }
  await t.until("one old set is left", () => setsOf("short").length === 2);
  expect((await t.ok("rollout history deployment short")).match(/^\d+/gm)).toEqual(["3", "4"]);
});

test("a relabelled pod leaves its set and is replaced; one that matches again is taken over", async () => {
  await t.ok("apply -f -", manifest("keep", "web:1", { replicas: 2 }));
  await t.ok("rollout status deployment keep --timeout=60s");
  const [apart] = podsOf("keep");
  await t.ok(["label", "pod", apart!.metadata.name, "--overwrite", "app=apart"]);
  await t.until("it is replaced", () => podsOf("keep").filter(isReady).length === 2);
  expect(podsOf("apart")[0]!.metadata.ownerReferences ?? []).toEqual([]);
  await t.ok(["label", "pod", apart!.metadata.name, "--overwrite", "app=keep"]);
  await t.until("one of three goes", () => podsOf("keep").length === 2);
});

test("deletion: orphan leaves sets and pods to the next Deployment, foreground waits for all, background does not", async () => {
  await t.ok("apply -f -", manifest("tree", "web:1", { replicas: 2 }));
  await t.ok("rollout status deployment tree --timeout=60s");
  const [set] = setsOf("tree");
  const names = podsOf("tree")
    .map(({ metadata }) => metadata.name)
    .sort();
  await t.ok("delete deployment tree --cascade=orphan");
  await t.until("the set is nobody's", () => !setsOf("tree")[0]!.metadata.ownerReferences?.length);
  await t.ok("apply -f -", manifest("tree", "web:1", { replicas: 2 }));
  await t.ok("rollout status deployment tree --timeout=60s");
  expect(setsOf("tree").map(({ metadata }) => metadata.uid)).toEqual([set!.metadata.uid]);
  expect(
    podsOf("tree")
      .map(({ metadata }) => metadata.name)
      .sort(),
  ).toEqual(names);
  await t.ok("delete deployment tree --cascade=foreground");
  expect([setsOf("tree"), podsOf("tree")]).toEqual([[], []]);

  await t.ok("apply -f -", manifest("tree", "stays", { replicas: 2 }));
  await t.ok("rollout status deployment tree --timeout=60s");
  const left = podsOf("tree");
  await t.ok("delete deployment tree --cascade=background");
  // The Deployment is gone while its pods still end.
  expect(await t.refused("get deployment tree")).toContain('deployments.apps "tree" not found');
  await t.until(
    "its set is gone and its pods are on their way",
    () => setsOf("tree").length === 0 && podsOf("tree").every(({ metadata }) => metadata.deletionTimestamp),
  );
  expect(podsOf("tree")).toHaveLength(2);
  for (const { metadata } of left) await t.kubelet.letGo("default", metadata.name);
  await t.until("nothing is left", () => podsOf("tree").length === 0);
});
