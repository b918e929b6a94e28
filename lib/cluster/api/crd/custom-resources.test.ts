import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
}, 300_000);
afterAll(() => t?.close());

async function ok(args: string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await t.kubectl(args, { stdin });
  expect(stderr, args.join(" ")).toBe("");
  expect(exitCode, args.join(" ")).toBe(0);
  return stdout;
}

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  subresources: {
    status: {},
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector",
    },
  },
  additionalPrinterColumns: [
    { name: "Color", type: "string", jsonPath: ".spec.color" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          required: ["size"],
          properties: {
            color: { type: "string", enum: ["red", "blue"], default: "red", description: "Its colour." },
            size: { type: "integer", minimum: 1, maximum: 9 },
            replicas: { type: "integer", default: 1 },
            port: { "x-kubernetes-int-or-string": true },
            parts: {
              type: "array",
              maxItems: 3,
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["name"],
              items: {
                type: "object",
                required: ["name"],
                properties: { name: { type: "string", pattern: "^[a-z]+$" } },
              },
            },
            any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          },
        },
        status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
});

const widgets = JSON.stringify({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.shop.example.com" },
  spec: {
    group: "shop.example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wd"], categories: ["all"] },
    versions: [version("v1", true), version("v1beta1", false)],
  },
});
const widget = (spec: object, apiVersion = "shop.example.com/v1") =>
  JSON.stringify({ apiVersion, kind: "Widget", metadata: { name: "one" }, spec });

test("a definition says every path that it speaks of", async () => {
  const incomplete = {
    ...version("v1", true),
    subresources: { scale: { statusReplicasPath: ".spec.replicas" } },
    selectableFields: [{}],
  };
  const { stderr } = await t.kubectl(["apply", "--validate=false", "-f", "-"], {
    stdin: JSON.stringify({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "pathless.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "pathless", kind: "Pathless" },
        versions: [incomplete],
      },
    }),
  });
  expect(stderr).toContain("spec.selectableFields[0].jsonPath: Required value");
  expect(stderr).toContain("spec.subresources.scale.specReplicasPath: Required value");
  expect(stderr).toContain(
    'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.replicas": should be a json path under .status',
  );
});

describe("a custom kind", () => {
  test("is served as soon as its definition is acknowledged", async () => {
    await ok(["apply", "-f", "-"], widgets);
    await ok(["wait", "--for=condition=Established", "crd/widgets.shop.example.com", "--timeout=90s"]);
    expect(await ok(["api-resources", "--api-group=shop.example.com", "--no-headers"])).toMatch(
      /^widgets +wd +shop\.example\.com\/v1 +true +Widget\n$/,
    );
    expect(await ok(["explain", "widget.spec.color"])).toMatch(
      /FIELD: color <string>\nENUM:[^]*Its colour\./,
    );
  });

  test("defaults, prunes and prints", async () => {
    expect(await ok(["apply", "-f", "-"], widget({ size: 3, any: { x: { y: 1 } } }))).toBe(
      "widget.shop.example.com/one created\n",
    );
    expect(JSON.parse(await ok(["get", "wd", "one", "-o", "jsonpath={.spec}"]))).toEqual({
      any: { x: { y: 1 } },
      color: "red",
      replicas: 1,
      size: 3,
    });
    expect(await ok(["get", "wd"])).toMatch(/^NAME +COLOR +READY +AGE\none +red +\d+s\n$/);
    expect(await ok(["get", "all"])).toContain("widget.shop.example.com/one");
    expect(await ok(["apply", "-f", "-"], widget({ size: 4 }))).toContain("configured");
  });

  test.each([
    [{ size: 3, colour: "red" }, 'strict decoding error: unknown field "spec.colour"'],
    [{}, "spec.size: Required value"],
    [{ size: 10 }, "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9"],
    [
      { size: "3" },
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [{ size: 1, color: "green" }, 'spec.color: Unsupported value: "green": supported values: "red", "blue"'],
    [{ size: 1, parts: [{ name: "a" }, { name: "a" }] }, 'spec.parts[1]: Duplicate value: {"name":"a"}'],
    [{ size: 1, parts: [{ name: "A" }] }, "spec.parts[0].name in body should match '^[a-z]+$'"],
  ])("refuses %o", async (spec, message) => {
    const { exitCode, stderr } = await t.kubectl(["create", "--save-config", "-f", "-"], {
      stdin: widget(spec).replace('"one"', '"other"'),
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });

  test("has status, scale and other versions", async () => {
    const status = { status: { conditions: [{ type: "Ready", status: "True" }] }, spec: { size: 9 } };
    await ok(["patch", "wd", "one", "--subresource=status", "--type=merge", "-p", JSON.stringify(status)]);
    expect(await ok(["get", "wd", "one", "-o", "jsonpath={.spec.size} {.status.conditions[0].status}"])).toBe(
      "4 True",
    );
    expect(await ok(["scale", "wd/one", "--replicas=5"])).toContain("scaled");
    expect(
      await ok([
        "get",
        "widgets.v1beta1.shop.example.com",
        "one",
        "-o",
        "jsonpath={.apiVersion} {.spec.replicas}",
      ]),
    ).toBe("shop.example.com/v1beta1 5");
  });

  test("goes with its definition, objects first", async () => {
    expect(await ok(["delete", "crd", "widgets.shop.example.com"])).toContain("deleted");
    const { stderr } = await t.kubectl(["get", "wd"]);
    expect(stderr).toContain("the server could not find the requested resource");
  });
});

const gateway = join(projectRoot, "../shared/upstream/gateway-api/crd/standard");

test.skipIf(!existsSync(gateway))(
  "the Gateway API installs and explains itself (skipped where ../shared/upstream is absent)",
  async () => {
    expect(await ok(["apply", "--server-side", "-f", gateway])).toContain(
      "httproutes.gateway.networking.k8s.io serverside-applied",
    );
    const route = (kind: string) =>
      JSON.stringify({
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { name: "r" },
        spec: {
          rules: [
            { matches: [{ path: { type: kind, value: "/a" } }], backendRefs: [{ name: "web", port: 80 }] },
          ],
        },
      });
    const { stderr } = await t.kubectl(["apply", "-f", "-"], { stdin: route("Suffix") });
    expect(stderr).toContain(
      'spec.rules[0].matches[0].path.type: Unsupported value: "Suffix": supported values: "Exact", "PathPrefix", "RegularExpression"',
    );
    expect(await ok(["apply", "-f", "-"], route("Exact"))).toContain("created");
    expect(await ok(["explain", "gateway.spec.listeners.allowedRoutes"])).toContain("AllowedRoutes defines");
  },
  60_000,
);

const experimental = join(projectRoot, "../shared/upstream/gateway-api/crd/experimental");

test.skipIf(!existsSync(experimental))(
  "a definition too long for the annotation of a client-side apply is taken by a server-side one (skipped where ../shared/upstream is absent)",
  async () => {
    const file = join(experimental, "gateway.networking.k8s.io_httproutes.yaml");
    const name = "httproutes.gateway.networking.k8s.io";
    await t.kubectl(["delete", "crd", name, "--ignore-not-found"]);
    const { exitCode, stderr } = await t.kubectl(["apply", "-f", file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `The CustomResourceDefinition "${name}" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes`,
    );
    expect(await ok(["apply", "--server-side", "-f", file])).toContain(`${name} serverside-applied`);
    await ok(["wait", "--for=condition=Established", `crd/${name}`, "--timeout=20s"]);
  },
  60_000,
);
