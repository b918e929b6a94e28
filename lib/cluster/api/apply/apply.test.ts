import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createCluster } from "../create-cluster";
import type { Cluster } from "../types";
import type { ManagedFieldsEntry } from "./managed-fields";

const services = { group: "", version: "v1", plural: "services" };
const configMaps = { group: "", version: "v1", plural: "configmaps" };

let cluster: Cluster;
let client: ClusterClient;

beforeAll(async () => {
  cluster = await createCluster({
    journalPath: ":memory:",
    facts: {
      serviceCidr: "10.96.0.0/12",
      podCidr: "10.244.0.0/16",
      nodePortRange: { from: 30000, to: 32767 },
      domain: "cluster.local",
      version: "v1.34.5",
    },
    ca: { certificatePem: "", privateKeyPem: "" },
  });
  client = cluster.client({ name: "admin", groups: ["system:masters"] });
});
afterAll(() => cluster.close());

const apply = <T extends KubeObject = KubeObject>(
  ref: typeof services,
  object: Record<string, unknown> & { metadata: { name: string } },
  fieldManager: string,
  force = false,
) =>
  client.patch<T>(ref, "default", object.metadata.name, "application/apply-patch+yaml", object, {
    fieldManager,
    force,
  });

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

describe("server-side apply", () => {
  test("creates, and books what it was told", async () => {
    const created = await apply(configMaps, configMap("one", { a: "1" }), "alice");
    expect(created.metadata.managedFields).toEqual([
      expect.objectContaining({
        manager: "alice",
        operation: "Apply",
        apiVersion: "v1",
        fieldsV1: { "f:data": { ".": {}, "f:a": {} } },
      }),
    ]);
  });

  test("two managers share an object; what one stops naming goes, the other's stays", async () => {
    await apply(configMaps, configMap("two", { a: "1", b: "1" }), "alice");
    await apply(configMaps, configMap("two", { c: "1" }), "bob");
    const after = await apply(configMaps, configMap("two", { a: "2" }), "alice");
    expect(after.data).toEqual({ a: "2", c: "1" });
  });

  test("a field of another owner is a conflict, until it is forced or agreed on", async () => {
    await apply(configMaps, configMap("three", { a: "1" }), "alice");
    await expect(apply(configMaps, configMap("three", { a: "2" }), "bob")).rejects.toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "alice": .data.a',
    });
    await apply(configMaps, configMap("three", { a: "1" }), "bob");
    const forced = await apply(configMaps, configMap("three", { a: "3" }), "bob", true);
    expect(forced.data).toEqual({ a: "3" });
    const managers = forced.metadata.managedFields as ManagedFieldsEntry[];
    // The map itself stays with everybody who named it.
    expect(managers.map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
      ["alice", { "f:data": {} }],
      ["bob", { "f:data": { ".": {}, "f:a": {} } }],
    ]);
  });

  test("lists with keys merge by them: ports of a service", async () => {
    const service = (ports: object[]) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports },
    });
    await apply(services, service([{ name: "http", port: 80 }]), "alice");
    const both = await apply<KubeObject & { spec: { ports: { port: number }[] } }>(
      services,
      service([{ name: "https", port: 443 }]),
      "bob",
    );
    expect(both.spec.ports.map(({ port }) => port).sort()).toEqual([443, 80]);
  });

  test("applying the same again changes nothing", async () => {
    const first = await apply(configMaps, configMap("same", { a: "1" }), "alice");
    const second = await apply(configMaps, configMap("same", { a: "1" }), "alice");
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test("an update takes over what it changes", async () => {
    const object = await apply(configMaps, configMap("taken", { a: "1", b: "1" }), "alice");
    const updated = await client.update(configMaps, { ...object, data: { a: "2", b: "1" } });
    const managers = updated.metadata.managedFields as ManagedFieldsEntry[];
    expect(managers.map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))).toEqual([
      { manager: "alice", operation: "Apply", fieldsV1: { "f:data": { ".": {}, "f:b": {} } } },
      { manager: "admin", operation: "Update", fieldsV1: { "f:data": { "f:a": {} } } },
    ]);
  });
});
