import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

test("every document that /openapi/v3 lists is there, those of groups and roots among them", async () => {
  const { paths } = (await t.fetchJson("/openapi/v3", "application/json")) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([
      "api",
      "api/v1",
      "apis",
      "apis/apps",
      "apis/apps/v1",
      "version",
      "logs",
      ".well-known/openid-configuration",
      "openid/v1/jwks",
    ]),
  );
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const document = (await t.fetchJson(serverRelativeURL, "application/json")) as { paths?: object };
    expect([path, Object.keys(document.paths ?? {}).length > 0]).toEqual([path, true]);
  }
});

test("/openapi/v2 is had as JSON and as protobuf", async () => {
  const get = (accept: string) => t.request("GET", "/openapi/v2", { headers: { accept } });
  const json = await get("application/json");
  expect((JSON.parse(json.body) as { swagger: string }).swagger).toBe("2.0");
  const binary = await get("application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
  expect(binary.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  // Field 1 of the message, a string: the version of the format.
  expect(binary.body.slice(0, 5)).toBe("\n\u00032.0");
});

test("custom kinds are in /openapi/v2 too, as kubectl reads it, and go with their definition", async () => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "shops.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "shops", singular: "shop", kind: "Shop", listKind: "ShopList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: {
                  type: "object",
                  description: "What is sold here.",
                  required: ["goods"],
                  properties: {
                    goods: { type: "array", items: { type: "string" }, description: "By name." },
                    extra: { type: "object", nullable: true, properties: { a: { type: "string" } } },
                  },
                },
              },
            },
          },
        },
      ],
    },
  };
  const kubectl = async (args: string, stdin?: string) => {
    const { exitCode, stdout, stderr } = await t.kubectl(args.split(" "), { stdin });
    expect([exitCode, stderr], args).toEqual([0, ""]);
    return stdout;
  };
  const find = async () => {
    const document = (await t.fetchJson("/openapi/v2", "application/json")) as {
      paths: Record<string, object>;
      definitions: Record<string, object>;
    };
    return {
      paths: Object.keys(document.paths).filter((path) => path.includes("/shops")),
      shop: document.definitions["com.example.v1.Shop"],
      size: Object.keys(document.definitions).length,
    };
  };
  const before = await find();
  expect(before.shop).toBeUndefined();
  await kubectl("apply -f -", JSON.stringify(definition));
  await kubectl("wait --for=condition=established crd/shops.example.com");
  const explained = await kubectl("explain shop.spec --recursive=false --output=plaintext-openapiv2");
  expect(explained).toMatch(/KIND: +Shop\nVERSION: +example\.com\/v1/);
  expect(explained).toMatch(/What is sold here\./);
  expect(explained).toMatch(/goods\s+<\[\]string> -required-\n +By name\./);
  // Built-in ones are still there beside them.
  expect(await kubectl("explain pod.spec.hostname --output=plaintext-openapiv2")).toMatch(/KIND: +Pod/);
  const between = await find();
  expect(between.paths).toEqual([
    "/apis/example.com/v1/namespaces/{namespace}/shops",
    "/apis/example.com/v1/shops",
    "/apis/example.com/v1/namespaces/{namespace}/shops/{name}",
  ]);
  expect(between.shop).toMatchObject({
    properties: {
      metadata: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
      spec: { properties: { extra: {} } },
    },
    "x-kubernetes-group-version-kind": [{ group: "example.com", kind: "Shop", version: "v1" }],
  });
  await kubectl("delete crd shops.example.com");
  expect(await find()).toEqual(before);
});
