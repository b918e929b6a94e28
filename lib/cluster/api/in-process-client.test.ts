import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Scope } from "@/lib/core/scope";
import type { WatchEvent } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createCluster } from "./create-cluster";
import type { UserInfo } from "./types";

const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };
const configMaps = { group: "", version: "v1", plural: "configmaps" };
const facts = {
  serviceCidr: "10.96.0.0/12",
  podCidr: "10.244.0.0/16",
  nodePortRange: { from: 30000, to: 32767 },
  domain: "cluster.local",
  version: "v1.34.5",
};
const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", labels: { app: "web" } },
  data,
});

let scope = new Scope();
afterEach(async () => {
  await scope.close();
  scope = new Scope();
});

async function start(journalPath = ":memory:") {
  const options = { journalPath, facts, ca: { certificatePem: "", privateKeyPem: "" } };
  return scope.use(await createCluster(options), (cluster) => cluster.close());
}

describe("a client in the process", () => {
  test("creates, reads, lists, updates and deletes", async () => {
    const client = (await start()).client(admin);
    const created = await client.create(configMaps, configMap("a", { k: "1" }));
    expect(created.metadata).toMatchObject({ name: "a", namespace: "default" });
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    const updated = await client.update(configMaps, { ...created, data: { k: "2" } });
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(
      Number(created.metadata.resourceVersion),
    );
    await expect(client.update(configMaps, { ...created, data: { k: "3" } })).rejects.toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect((await client.list(configMaps, { labelSelector: "app in (web)" })).items).toHaveLength(1);
    await client.delete(configMaps, "default", "a");
    await expect(client.get(configMaps, "default", "a")).rejects.toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });

  test("hears what happens, and what happened since a version", async () => {
    const client = (await start()).client(admin);
    const first = await client.create(configMaps, configMap("a"));
    await client.create(configMaps, configMap("b"));
    await client.delete(configMaps, "default", "b");
    const stop = new AbortController();
    const seen: string[] = [];
    const resourceVersion = first.metadata.resourceVersion!;
    for await (const event of client.watch(configMaps, { resourceVersion, signal: stop.signal })) {
      seen.push(describeEvent(event));
      if (event.type === "BOOKMARK") await client.create(configMaps, configMap("c"));
      if (seen.length === 4) stop.abort();
    }
    expect(seen).toEqual(["ADDED b", "DELETED b", "BOOKMARK", "ADDED c"]);
  });

  test("is refused what its identity may not do", async () => {
    const client = (await start()).client({ name: "jane", groups: ["system:authenticated"] });
    await expect(client.list(configMaps, { namespace: "default" })).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    });
  });

  test("finds everything acknowledged again after a restart", async () => {
    const folder = scope.use(await mkdtemp(join(tmpdir(), "examctl-api-")), (path) =>
      rm(path, { recursive: true }),
    );
    const first = await createCluster({
      journalPath: join(folder, "journal"),
      facts,
      ca: { certificatePem: "", privateKeyPem: "" },
    });
    const before = await first.client(admin).create(configMaps, configMap("kept"));
    await first.client(admin).create(configMaps, configMap("gone"));
    await first.client(admin).delete(configMaps, "default", "gone");
    await first.close();
    const client = (await start(join(folder, "journal"))).client(admin);
    expect(await client.get(configMaps, "default", "kept")).toEqual(before);
    expect((await client.list(configMaps)).items.map(({ metadata }) => metadata.name)).toEqual(["kept"]);
  });
});

function describeEvent(event: WatchEvent<KubeObject>): string {
  return event.type === "BOOKMARK" ? "BOOKMARK" : `${event.type} ${event.object.metadata.name}`;
}
