import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { isReady } from "../pods";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 300_000);
afterAll(() => t?.close());

function manifest(name: string, spec: object = {}, image = "db:1"): string {
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      replicas: 3,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } },
      ...spec,
    },
  });
}

/** What happens to the pods of a set, in order: "+name" made, "!name" ready, "-name" gone. */
function diary(app: string): { lines: string[]; close(): void } {
  const lines: string[] = [];
  const isIts = (pod: Pod | undefined) => pod?.metadata.labels?.app === app;
  const close = t.informers.pods.onChange((now, old) => {
    if (!isIts(now ?? old)) return;
    const { name } = (now ?? old)!.metadata;
    if (now && !old) lines.push(`+${name}`);
    if (now && isReady(now) && !(old && isReady(old))) lines.push(`!${name}`);
    if (!now) lines.push(`-${name}`);
  });
  return { lines, close };
}

test("up in order, each ready before the next; down in reverse; the story in describe", async () => {
  const { lines, close } = diary("web");
  await t.ok("apply -f -", manifest("web"));
  expect(await t.ok("rollout status statefulset web --timeout=90s")).toContain(
    "partitioned roll out complete",
  );
  expect(lines).toEqual(["+web-0", "!web-0", "+web-1", "!web-1", "+web-2", "!web-2"]);
  lines.length = 0;
  await t.ok("scale statefulset web --replicas=1");
  await t.until("one is left", () => t.informers.statefulSets.get("default", "web")?.status?.replicas === 1);
  expect(lines).toEqual(["-web-2", "-web-1"]);
  close();
  const story = await t.ok("describe statefulset web");
  expect(story).toMatch(
    /SuccessfulCreate +\S+ +statefulset-controller +create Pod web-0 in StatefulSet web successful/,
  );
  expect(story).toMatch(
    /SuccessfulDelete +\S+ +statefulset-controller +delete Pod web-2 in StatefulSet web successful/,
  );
});

test("an update goes down to the partition, then all the way; history and undo", async () => {
  const partition = (from: number) => ({
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: from } },
  });
  await t.ok("apply -f -", manifest("part", partition(2)));
  await t.ok("rollout status statefulset part --timeout=90s");
  await t.ok("apply -f -", manifest("part", partition(2), "db:2"));
  await t.ok("rollout status statefulset part --timeout=90s");
  const images = async () =>
    (await t.ok("get pods -l app=part -o jsonpath={.items[*].spec.containers[0].image}")).split(" ");
  expect(await images()).toEqual(["db:1", "db:1", "db:2"]);
  const { lines, close } = diary("part");
  await t.ok("apply -f -", manifest("part", partition(0), "db:2"));
  await t.ok("rollout status statefulset part --timeout=90s");
  expect(lines).toEqual(["-part-1", "+part-1", "!part-1", "-part-0", "+part-0", "!part-0"]);
  close();
  expect(await images()).toEqual(["db:2", "db:2", "db:2"]);
  expect(await t.ok("rollout history statefulset part")).toMatch(
    /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/,
  );
  await t.ok("rollout undo statefulset part --to-revision=1");
  await t.ok("rollout status statefulset part --timeout=90s");
  expect(await images()).toEqual(["db:1", "db:1", "db:1"]);
  expect(await t.ok("rollout history statefulset part")).toMatch(
    /REVISION +CHANGE-CAUSE\n2 +<none>\n3 +<none>/,
  );
});

test("OnDelete changes a pod only when somebody deletes it; Parallel makes all at once", async () => {
  const spec = { updateStrategy: { type: "OnDelete" }, podManagementPolicy: "Parallel" };
  const { lines, close } = diary("lazy");
  await t.ok("apply -f -", manifest("lazy", spec));
  await t.until(
    "three are ready",
    () => t.informers.statefulSets.get("default", "lazy")?.status?.readyReplicas === 3,
  );
  expect(lines.slice(0, 3).sort()).toEqual(["+lazy-0", "+lazy-1", "+lazy-2"]);
  close();
  await t.ok("apply -f -", manifest("lazy", spec, "db:2"));
  await t.until("the new revision is known", () => {
    const { currentRevision, updateRevision } = t.informers.statefulSets.get("default", "lazy")!.status!;
    return currentRevision !== updateRevision;
  });
  await t.ok("delete pod lazy-1");
  await t.until(
    "it is back",
    () => t.informers.statefulSets.get("default", "lazy")?.status?.updatedReplicas === 1,
  );
  expect(await t.ok("get pods -l app=lazy -o jsonpath={.items[*].spec.containers[0].image}")).toBe(
    "db:1 db:2 db:1",
  );
});

test("claims outlive pods, unless the policy says otherwise", async () => {
  const spec = {
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
  };
  // Volumes for all three, made beforehand.
  for (const index of [0, 1, 2])
    await t.ok(
      "apply -f -",
      JSON.stringify({
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: `disk-${index}` },
        spec: {
          capacity: { storage: "1Gi" },
          accessModes: ["ReadWriteOnce"],
          hostPath: { path: `/data/${index}` },
        },
      }),
    );
  await t.ok("apply -f -", manifest("store", spec));
  await t.ok("rollout status statefulset store --timeout=90s");
  await t.ok("scale statefulset store --replicas=1");
  await t.until(
    "one is left",
    () => t.informers.statefulSets.get("default", "store")?.status?.replicas === 1,
  );
  const claims = () =>
    t.informers.persistentVolumeClaims.list("default").map(({ metadata }) => metadata.name);
  expect(claims().sort()).toEqual(["data-store-0", "data-store-1", "data-store-2"]);
  await t.ok("delete statefulset store");
  await t.until("the claims went along", () => claims().length === 0);
});
