import { afterAll, beforeAll, expect, test } from "vitest";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "../testing";
import { startTestBackend, type TestBackend } from "../testing-backend";
import { localNodeProxy } from "../testing-node-proxy";

const definitions = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
const shirts = (version: string) => ({ group: "shop.example.com", version, plural: "shirts" });

let t: TestCluster;
let hook: TestBackend;

interface Review {
  apiVersion: string;
  request: {
    uid: string;
    desiredAPIVersion: string;
    objects: (KubeObject & { spec: Record<string, unknown> })[];
  };
}

/** v1 says spec.color, v2 spec.colour. */
const convert = ({ request }: Review) =>
  request.objects.map((object) => {
    const colour = object.spec.color ?? object.spec.colour;
    const spec = request.desiredAPIVersion.endsWith("v1") ? { color: colour } : { colour };
    return { ...object, apiVersion: request.desiredAPIVersion, spec };
  });

beforeAll(async () => {
  hook = await startTestBackend();
  t = await startTestCluster({ nodeProxy: localNodeProxy });
  await t.admin.create(refs.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  await t.admin.create(refs.services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "hook", namespace: "shop" },
    spec: { ports: [{ port: hook.port }] },
  } as KubeObject);
  const version = (name: string, field: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: { type: "object", required: [field], properties: { [field]: { type: "string" } } },
        },
      },
    },
    additionalPrinterColumns: [{ name: "Colour", type: "string", jsonPath: `.spec.${field}` }],
  });
  await t.admin.create(definitions, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "shirts.shop.example.com" },
    spec: {
      group: "shop.example.com",
      scope: "Namespaced",
      names: { plural: "shirts", kind: "Shirt", singular: "shirt" },
      versions: [version("v1", "color", false), version("v2", "colour", true)],
      conversion: {
        strategy: "Webhook",
        webhook: {
          conversionReviewVersions: ["v1"],
          clientConfig: {
            service: { namespace: "shop", name: "hook", path: "/convert", port: hook.port },
            caBundle: hook.caBundle,
          },
        },
      },
    },
  } as KubeObject);
});
afterAll(async () => {
  await t?.close();
  await hook?.close();
});

const answering = (make: (review: Review) => object[] = convert) =>
  hook.answer(({ body }) => {
    const { apiVersion, request } = body as Review;
    const response = {
      uid: request.uid,
      result: { status: "Success" },
      convertedObjects: make(body as Review),
    };
    return { body: { apiVersion, kind: "ConversionReview", response } };
  });

const shirt = (version: string, name: string, spec: object) =>
  ({
    apiVersion: `shop.example.com/${version}`,
    kind: "Shirt",
    metadata: { name, namespace: "default" },
    spec,
  }) as KubeObject;

test("objects of one version are stored and read in another", async () => {
  answering();
  const created = await t.admin.create(shirts("v1"), shirt("v1", "a", { color: "red" }));
  expect(created).toMatchObject({ apiVersion: "shop.example.com/v1", spec: { color: "red" } });
  expect(hook.requests[0]!.path).toBe("/convert?timeout=30s");
  expect(await t.admin.get(shirts("v2"), "default", "a")).toMatchObject({
    apiVersion: "shop.example.com/v2",
    spec: { colour: "red" },
  });
  await t.admin.patch(shirts("v1"), "default", "a", "application/merge-patch+json", {
    spec: { color: "blue" },
  });
  const { stdout } = await t.kubectl(["get", "shirts.v1.shop.example.com", "--no-headers"]);
  expect(stdout.replace(/ +/g, " ")).toBe("a blue\n");
});

test("a list is converted in one call, and what is known is not asked again", async () => {
  answering();
  await t.admin.create(shirts("v2"), shirt("v2", "b", { colour: "green" }));
  await t.admin.create(shirts("v2"), shirt("v2", "c", { colour: "white" }));
  hook.requests.length = 0;
  const read = async () =>
    (await t.admin.list(shirts("v1"))).items.map(({ spec }) => (spec as { color: string }).color);
  expect(await read()).toEqual(["blue", "green", "white"]);
  expect(await read()).toEqual(["blue", "green", "white"]);
  expect(hook.requests).toHaveLength(1);
});

test("a watch tells of objects in its version", async () => {
  answering();
  const stop = new AbortController();
  const seen: unknown[] = [];
  for await (const event of t.admin.watch(shirts("v1"), { signal: stop.signal })) {
    if (event.type === "BOOKMARK") await t.admin.create(shirts("v2"), shirt("v2", "d", { colour: "grey" }));
    else seen.push(event.object.spec);
    if (seen.length === 4) break;
  }
  stop.abort();
  expect(seen.at(-1)).toEqual({ color: "grey" });
});

test("who owns a field is booked in the version that he spoke, and stays owner through writes in others", async () => {
  answering();
  const books = async () =>
    ((await t.admin.get(shirts("v2"), "default", "owned")).metadata.managedFields as Entry[])
      .map(
        ({ manager, apiVersion, fieldsV1 }) =>
          `${manager} ${apiVersion} ${JSON.stringify(fieldsV1["f:spec"])}`,
      )
      .sort();
  interface Entry {
    manager: string;
    apiVersion: string;
    fieldsV1: Record<string, unknown>;
  }
  const patch = (version: string, change: object, fieldManager: string) =>
    t.admin.patch(shirts(version), "default", "owned", "application/merge-patch+json", change, {
      fieldManager,
    });
  await t.admin.create(shirts("v1"), shirt("v1", "owned", { color: "red" }));
  const created = ['kubernetes-admin shop.example.com/v1 {"f:color":{}}'];
  expect(await books()).toEqual(created);
  await patch("v2", { metadata: { labels: { a: "b" } } }, "labels");
  expect(await books()).toEqual([...created, "labels shop.example.com/v2 undefined"]);
  await patch("v2", { spec: { colour: "blue" } }, "painter");
  expect(await books()).toEqual([
    "labels shop.example.com/v2 undefined",
    'painter shop.example.com/v2 {"f:colour":{}}',
  ]);
});

test("an apply in one version meets, and forced takes, what was applied in another", async () => {
  answering();
  const apply = async (version: string, spec: object, manager: string, force = false) => {
    const path = `/apis/shop.example.com/${version}/namespaces/default/shirts/applied?fieldManager=${manager}&force=${force}`;
    const { body } = await t.request("PATCH", path, {
      headers: { "content-type": "application/apply-patch+yaml" },
      body: JSON.stringify(shirt(version, "applied", spec)),
    });
    return JSON.parse(body) as KubeObject & { message?: string };
  };
  const owners = ({ metadata }: KubeObject) =>
    (metadata.managedFields as { manager: string; apiVersion: string; fieldsV1: object }[]).map(
      ({ manager, apiVersion, fieldsV1 }) => `${manager} ${apiVersion} ${JSON.stringify(fieldsV1)}`,
    );
  await apply("v2", { colour: "red" }, "alice");
  expect((await apply("v1", { color: "blue" }, "bob")).message).toBe(
    'Apply failed with 1 conflict: conflict with "alice": .spec.colour',
  );
  expect(owners(await apply("v1", { color: "red" }, "bob"))).toHaveLength(2);
  const taken = await apply("v1", { color: "blue" }, "bob", true);
  expect(owners(taken)).toEqual(['bob shop.example.com/v1 {"f:spec":{"f:color":{}}}']);
  const moved = await apply("v2", { colour: "green" }, "bob");
  expect(owners(moved)).toEqual(['bob shop.example.com/v2 {"f:spec":{"f:colour":{}}}']);
});

test("a policy sees objects in the version of its rules", async () => {
  answering();
  const group = "admissionregistration.k8s.io";
  const apiVersion = `${group}/v1`;
  const policies = { group, version: "v1", plural: "validatingadmissionpolicies" };
  const bindings = { group, version: "v1", plural: "validatingadmissionpolicybindings" };
  const rule = {
    apiGroups: ["shop.example.com"],
    apiVersions: ["v1"],
    operations: ["CREATE"],
    resources: ["shirts"],
  };
  await t.admin.create(policies, {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "no-black" },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "object.spec.color != 'black'" }],
    },
  } as KubeObject);
  await t.admin.create(bindings, {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "no-black" },
    spec: { policyName: "no-black", validationActions: ["Deny"] },
  } as KubeObject);
  await expect(t.admin.create(shirts("v2"), shirt("v2", "black", { colour: "black" }))).rejects.toThrow(
    "denied request: failed expression: object.spec.color != 'black'",
  );
  await t.admin.create(shirts("v2"), shirt("v2", "white", { colour: "white" }));
  await t.admin.delete(bindings, undefined, "no-black");
});

test("a webhook that fails is told in upstream's words", async () => {
  hook.answer(() => ({ status: 500, body: "oops" }));
  await expect(t.admin.create(shirts("v1"), shirt("v1", "e", { color: "red" }))).rejects.toThrow(
    'conversion webhook for shop.example.com/v1, Kind=Shirt failed: an error on the server ("oops") has prevented the request from succeeding',
  );
  answering(() => []);
  await expect(t.admin.create(shirts("v1"), shirt("v1", "e", { color: "red" }))).rejects.toThrow(
    "conversion webhook for shop.example.com/v1, Kind=Shirt returned 0 objects, expected 1",
  );
  answering((review) =>
    convert(review).map((one) => ({ ...one, metadata: { ...one.metadata, name: "other" } })),
  );
  await expect(t.admin.create(shirts("v1"), shirt("v1", "e", { color: "red" }))).rejects.toThrow(
    "must have the same name: e != other",
  );
});
