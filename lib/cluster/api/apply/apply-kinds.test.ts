import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "../testing";
import type { ManagedFieldsEntry } from "./managed-fields";

const group = "shop.example.com";
const carts: ResourceRef = { group, version: "v1", plural: "carts" };
const deployments: ResourceRef = { group: "apps", version: "v1", plural: "deployments" };

let t: TestCluster;
let admin: ClusterClient;
beforeAll(async () => {
  t = await startTestCluster();
  ({ admin } = t);
  const strings = { type: "array", items: { type: "string" } };
  const schema = {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: {
          replicas: { type: "integer" },
          tags: { ...strings, "x-kubernetes-list-type": "set" },
          order: strings,
          fixed: {
            type: "object",
            "x-kubernetes-map-type": "atomic",
            additionalProperties: { type: "string" },
          },
          items: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name", "size"],
            items: {
              type: "object",
              required: ["name"],
              properties: {
                name: { type: "string" },
                size: { type: "string", default: "m" },
                count: { type: "integer" },
              },
            },
          },
        },
      },
      status: { type: "object", properties: { phase: { type: "string" }, replicas: { type: "integer" } } },
    },
  };
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
    subresources: {
      status: {},
      scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
    },
  });
  await admin.create({ group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" }, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `carts.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "carts", kind: "Cart" },
      versions: [version("v1", true), version("v2", false)],
    },
  } as KubeObject);
});
afterAll(() => t?.close());

interface Options {
  force?: boolean;
  subresource?: string;
  dryRun?: boolean;
}

/** As a client sends it; throws what the answer's Status says. */
async function send<T extends KubeObject>(
  ref: ResourceRef,
  name: string,
  object: object,
  manager: string,
  { force = false, subresource, dryRun = false }: Options = {},
): Promise<T> {
  const root = ref.group ? `/apis/${ref.group}/${ref.version}` : `/api/${ref.version}`;
  const query = `fieldManager=${manager}&force=${force}${dryRun ? "&dryRun=All" : ""}`;
  const path = `${root}/namespaces/default/${ref.plural}/${name}${subresource ? `/${subresource}` : ""}?${query}`;
  const { body } = await t.request("PATCH", path, {
    headers: { "content-type": "application/apply-patch+yaml" },
    body: JSON.stringify(object),
  });
  const answer = JSON.parse(body) as T & { kind: string };
  if (answer.kind === "Status") throw Object.assign(new Error(), answer);
  return answer;
}

function apply<T extends KubeObject>(
  ref: ResourceRef,
  kind: string,
  name: string,
  more: object,
  manager: string,
  options: Options = {},
): Promise<T> {
  const apiVersion = ref.group ? `${ref.group}/${ref.version}` : ref.version;
  return send<T>(ref, name, { apiVersion, kind, metadata: { name }, ...more }, manager, options);
}

type Cart = KubeObject & { spec: Record<string, unknown>; status?: { phase?: string } };
const cart = (name: string, spec: object, manager: string, options?: Options) =>
  apply<Cart>(carts, "Cart", name, { spec }, manager, options);
const books = ({ metadata }: KubeObject) =>
  (metadata.managedFields as ManagedFieldsEntry[]).map(
    ({ manager, operation, subresource, apiVersion, fieldsV1 }) => ({
      who: `${manager} ${operation}${subresource ? ` ${subresource}` : ""} ${apiVersion}`,
      fieldsV1,
    }),
  );

describe("server-side apply of a custom kind", () => {
  test("sets are shared by element, atomic lists and maps belong to one", async () => {
    await cart("lists", { tags: ["a", "b"], order: ["x", "y"], fixed: { k: "1" } }, "alice");
    const shared = await cart("lists", { tags: ["b", "c"] }, "bob");
    expect(shared.spec.tags).toEqual(["a", "b", "c"]);
    expect(books(shared)).toEqual([
      {
        who: `alice Apply ${group}/v1`,
        fieldsV1: {
          "f:spec": { "f:fixed": {}, "f:order": {}, "f:tags": { ".": {}, 'v:"a"': {}, 'v:"b"': {} } },
        },
      },
      {
        who: `bob Apply ${group}/v1`,
        fieldsV1: { "f:spec": { "f:tags": { ".": {}, 'v:"b"': {}, 'v:"c"': {} } } },
      },
    ]);
    await expect(cart("lists", { order: ["y"], fixed: { l: "2" } }, "bob")).rejects.toMatchObject({
      code: 409,
      message: 'Apply failed with 2 conflicts: conflicts with "alice":\n- .spec.fixed\n- .spec.order',
    });
    const left = await cart("lists", { order: ["x", "y"] }, "alice");
    expect(left.spec).toEqual({ order: ["x", "y"], tags: ["b", "c"] });
    const forced = await cart("lists", { tags: ["c"], order: ["y"] }, "bob", { force: true });
    expect(forced.spec).toEqual({ order: ["y"], tags: ["c"] });
    expect(books(forced).map(({ who }) => who)).toEqual([`bob Apply ${group}/v1`]);
  });

  test("elements of maps are told apart by all of their keys, defaults among them", async () => {
    await cart("maps", { items: [{ name: "cup", count: 1 }] }, "alice");
    const both = await cart("maps", { items: [{ name: "cup", size: "l", count: 2 }] }, "bob");
    expect(both.spec.items).toEqual([
      { name: "cup", size: "m", count: 1 },
      { name: "cup", size: "l", count: 2 },
    ]);
    await expect(
      cart("maps", { items: [{ name: "cup", size: "m", count: 3 }] }, "bob"),
    ).rejects.toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "alice": .spec.items[name="cup",size="m"].count',
    });
    const gone = await cart("maps", {}, "alice");
    expect(gone.spec.items).toEqual([{ name: "cup", size: "l", count: 2 }]);
  });

  test("the status subresource keeps books of its own", async () => {
    await cart("status", { tags: ["a"] }, "alice");
    const told = await apply<Cart>(
      carts,
      "Cart",
      "status",
      { spec: { tags: ["z"] }, status: { phase: "Full" } },
      "robot",
      { subresource: "status" },
    );
    expect(told).toMatchObject({ spec: { tags: ["a"] }, status: { phase: "Full" } });
    expect(books(told)).toContainEqual({
      who: `robot Apply status ${group}/v1`,
      fieldsV1: { "f:status": { "f:phase": {} } },
    });
    const again = await cart("status", { tags: ["a", "b"] }, "alice");
    expect(again.status).toEqual({ phase: "Full" });
    await expect(
      apply(carts, "Cart", "absent", { status: {} }, "robot", { subresource: "status" }),
    ).rejects.toMatchObject({ code: 404 });
  });

  test("each entry says the version that its manager wrote in", async () => {
    const v2 = { ...carts, version: "v2" };
    const name = `versions-${randomUUID().slice(0, 8)}`;
    // The order is that of the seconds in which they wrote.
    const writers = (of: Cart) =>
      books(of)
        .map(({ who }) => who)
        .sort();
    await cart(name, { tags: ["a"] }, "alice");
    const both = await apply<Cart>(v2, "Cart", name, { spec: { order: ["x"] } }, "bob");
    expect(both.apiVersion).toBe(`${group}/v2`);
    expect(writers(both)).toEqual([`alice Apply ${group}/v1`, `bob Apply ${group}/v2`]);
    const moved = await apply<Cart>(v2, "Cart", name, { spec: { tags: ["b"] } }, "alice");
    expect(moved.spec).toEqual({ order: ["x"], tags: ["b"] });
    expect(writers(moved)).toEqual([`alice Apply ${group}/v2`, `bob Apply ${group}/v2`]);
    const patched = await admin.patch<Cart>(
      v2,
      "default",
      name,
      "application/merge-patch+json",
      { spec: { replicas: 1 } },
      { fieldManager: "carol" },
    );
    expect(writers(patched)).toContain(`carol Update ${group}/v2`);
  });
});

describe("server-side apply of a kind whose versions differ", () => {
  const hpa = (version: string, spec: object, manager: string) =>
    apply<KubeObject & { spec: Record<string, unknown> }>(
      { group: "autoscaling", version, plural: "horizontalpodautoscalers" },
      "HorizontalPodAutoscaler",
      `web-${run}`,
      {
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
          maxReplicas: 3,
          ...spec,
        },
      },
      manager,
    );
  const run = randomUUID().slice(0, 8);

  test("finds the field of another version in the way, and gives up in the new version what it named in the old", async () => {
    await hpa("v1", { targetCPUUtilizationPercentage: 50 }, "alice");
    const cpu = (averageUtilization: number) => ({
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
    });
    await expect(hpa("v2", { metrics: [cpu(70)] }, "bob")).rejects.toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "alice": .spec.targetCPUUtilizationPercentage',
    });
    const moved = await hpa("v2", { minReplicas: 2 }, "alice");
    // Upstream's default where nobody says any.
    expect(moved.spec).toMatchObject({ minReplicas: 2, metrics: [cpu(80)] });
    expect(books(moved).map(({ who }) => who)).toEqual(["alice Apply autoscaling/v2"]);
  });
});

describe("server-side apply of scale", () => {
  const scale = (ref: ResourceRef, name: string, replicas: number, manager: string, options: Options = {}) =>
    send<KubeObject & { spec: { replicas?: number } }>(
      ref,
      name,
      { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name }, spec: { replicas } },
      manager,
      { subresource: "scale", ...options },
    );
  const labels = { app: "web" };
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx" }] } },
  };

  test("replicas of another manager are a conflict until they are forced", async () => {
    await apply(deployments, "Deployment", "web", { spec }, "alice");
    await expect(scale(deployments, "web", 3, "scaler")).rejects.toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "alice": .spec.replicas',
    });
    const forced = await scale(deployments, "web", 3, "scaler", { force: true });
    expect(forced).toMatchObject({ kind: "Scale", spec: { replicas: 3 } });
    const web = await admin.get(deployments, "default", "web");
    expect(books(web)).toContainEqual({
      who: "scaler Apply scale apps/v1",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    });
    const { replicas: _, ...rest } = spec;
    const after = await apply<KubeObject & { spec: { replicas: number } }>(
      deployments,
      "Deployment",
      "web",
      { spec: rest },
      "alice",
    );
    expect(after.spec.replicas).toBe(3);
  });

  test("a conflict is told in the words of the Scale, wherever the replicas are", async () => {
    await apply(deployments, "Deployment", "worded", { spec: { ...spec, replicas: undefined } }, "alice");
    const patch = (ref: ResourceRef, name: string, change: object) =>
      admin.patch(
        ref,
        "default",
        name,
        "application/merge-patch+json",
        { spec: change },
        { fieldManager: "bob" },
      );
    await patch(deployments, "worded", { replicas: 5 });
    await expect(scale(deployments, "worded", 3, "scaler")).rejects.toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "bob" using autoscaling/v1: .spec.replicas',
    });
  });

  test("a custom kind's replicas are where its definition says", async () => {
    await cart("scaled", { tags: ["a"] }, "alice");
    expect(await scale(carts, "scaled", 4, "scaler")).toMatchObject({ spec: { replicas: 4 } });
    expect(books(await admin.get(carts, "default", "scaled"))).toContainEqual({
      who: `scaler Apply scale ${group}/v1`,
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    });
  });

  test("needs a manager and an object that is there", async () => {
    await expect(scale(carts, "none", 1, "scaler")).rejects.toMatchObject({ code: 404 });
  });
});

test("a dry run conflicts as the real one would, and leaves no trace", async () => {
  await cart("dry", { tags: ["a"], order: ["x"] }, "alice");
  const before = await admin.get(carts, "default", "dry");
  await expect(cart("dry", { order: ["y"] }, "bob", { dryRun: true })).rejects.toMatchObject({ code: 409 });
  const tried = await cart("dry", { order: ["y"] }, "bob", { dryRun: true, force: true });
  expect(tried.spec.order).toEqual(["y"]);
  expect(await admin.get(carts, "default", "dry")).toEqual(before);
  await cart("unmade", { tags: ["a"] }, "bob", { dryRun: true });
  await expect(admin.get(carts, "default", "unmade")).rejects.toMatchObject({ code: 404 });
});
