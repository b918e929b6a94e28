import { afterAll, beforeAll, expect, test } from "vitest";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "../testing";

const addresses = { group: "networking.k8s.io", version: "v1", plural: "ipaddresses" };

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

test("every ClusterIP has its IPAddress as long as its Service is there", async () => {
  const created = await t.admin.create(refs.services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { ports: [{ port: 80 }] },
  } as KubeObject);
  const ip = (created.spec as { clusterIP: string }).clusterIP;
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const event of t.admin.watch(addresses, { signal: stop.signal })) {
    if (event.type === "BOOKMARK") continue;
    seen.push(`${event.type} ${event.object.metadata.name}`);
    if (event.type === "ADDED") {
      expect(event.object.spec).toEqual({
        parentRef: { group: "", resource: "services", namespace: "default", name: "web" },
      });
      await t.admin.delete(refs.services, "default", "web");
    }
    if (event.type === "DELETED") break;
  }
  stop.abort();
  expect(seen).toEqual([`ADDED ${ip}`, `DELETED ${ip}`]);
});

test("the cluster's own range is a ServiceCIDR that is ready", async () => {
  const { stdout } = await t.kubectl([
    "get",
    "servicecidr",
    "kubernetes",
    "-o",
    "jsonpath={.spec.cidrs[0]} {.status.conditions[0].status}",
  ]);
  expect(stdout).toBe("10.96.0.0/12 True");
});

test("who makes a Service owns what he wrote and its defaults, not what is allocated", async () => {
  const service = await t.admin.create(refs.services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "owned", namespace: "default" },
    spec: { ports: [{ port: 80 }] },
  } as KubeObject);
  const [entry] = service.metadata.managedFields as { fieldsV1: { "f:spec": object } }[];
  expect(Object.keys(entry!.fieldsV1["f:spec"]).sort()).toEqual([
    "f:internalTrafficPolicy",
    "f:ports",
    "f:sessionAffinity",
    "f:type",
  ]);
  expect(entry!.fieldsV1).not.toHaveProperty("f:status");
});
