import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { decodeProtobuf } from "@/lib/cluster/resources/protobuf";
import { asBuffer, asText, readFields } from "@/lib/cluster/resources/protobuf/reader";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
const protobuf = "application/vnd.kubernetes.protobuf";
const either = `${protobuf},application/json`;
const metadataOnly = `${protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
const services = "/api/v1/namespaces/default/services";
const gadgets = "/apis/example.com/v1/namespaces/default/gadgets";

beforeAll(async () => {
  t = await startTestCluster();
  await t.admin.create({ group: "", version: "v1", plural: "services" }, service("web"));
  await t.admin.create(
    { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" },
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.example.com" },
      spec: {
        group: "example.com",
        names: { plural: "gadgets", kind: "Gadget" },
        scope: "Namespaced",
        versions: [
          { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
    } as never,
  );
  await vi.waitFor(async () => expect((await ask(gadgets, "application/json")).status).toBe(200));
  await t.request("POST", gadgets, {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion: "example.com/v1", kind: "Gadget", metadata: { name: "one" } }),
  });
});
afterAll(() => t?.close());

const service = (name: string) =>
  ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: "http" }] },
  }) as never;

async function open(path: string, accept: string): Promise<IncomingMessage> {
  const request = t.open("GET", path, { accept });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

async function ask(path: string, accept: string) {
  const response = await open(path, accept);
  const chunks = (await response.toArray()) as Buffer[];
  return { status: response.statusCode, type: response.headers["content-type"], body: Buffer.concat(chunks) };
}

describe("a client that asks for protobuf first, as client-go does", () => {
  test("is given an object that decodes to its JSON", async () => {
    const { type, body } = await ask(`${services}/web`, either);
    expect(type).toBe(protobuf);
    expect(decodeProtobuf(body).object).toEqual(
      JSON.parse((await ask(`${services}/web`, "application/json")).body.toString()),
    );
  });

  test("is given lists, in whole and as metadata", async () => {
    const list = decodeProtobuf((await ask(services, either)).body);
    expect(list.kind).toBe("ServiceList");
    expect(list.object).toMatchObject({
      items: [{ metadata: { name: "web" }, spec: { ports: [{ targetPort: "http" }] } }],
    });
    const partial = decodeProtobuf((await ask(`${gadgets}/one`, `${metadataOnly},application/json`)).body);
    expect(partial.object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "one" } });
  });

  test("is told in protobuf what went wrong", async () => {
    const { status, type, body } = await ask(`${services}/none`, either);
    expect({ status, type }).toEqual({ status: 404, type: protobuf });
    expect(decodeProtobuf(body).object).toMatchObject({
      status: "Failure",
      reason: "NotFound",
      details: { name: "none", kind: "services" },
    });
  });

  test("is given JSON of custom resources and of tables, which have no protobuf form", async () => {
    expect((await ask(`${gadgets}/one`, either)).type).toBe("application/json");
    expect((await ask(`${gadgets}/one`, protobuf)).status).toBe(406);
    const table = "as=Table;g=meta.k8s.io;v=v1";
    const { type, body } = await ask(services, `${protobuf};${table},application/json;${table}`);
    expect(type).toBe("application/json");
    expect(JSON.parse(body.toString())).toMatchObject({ kind: "Table" });
  });

  test.each([
    ["whole objects", services, either, "Service", "web"],
    ["metadata of custom resources", gadgets, metadataOnly, "PartialObjectMetadata", "one"],
  ])("watches %s in frames", async (_what, path, accept, kind, name) => {
    const query =
      "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const response = await open(path + query, accept);
    expect(response.headers["content-type"]).toBe(`${protobuf};stream=watch`);
    const events = framesOf(response);
    const added = (await events.next()).value!;
    expect(added).toMatchObject({ type: "ADDED", object: { kind, metadata: { name } } });
    expect((await events.next()).value).toMatchObject({
      type: "BOOKMARK",
      object: { kind, metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    response.destroy();
  });
});

test("a watch has no YAML form", async () => {
  const { status, body } = await ask(`${services}?watch=1`, "application/yaml");
  expect(status).toBe(406);
  expect(body.toString()).toContain("application/vnd.kubernetes.protobuf;stream=watch");
});

/** Frames as apimachinery's length-delimited framer reads them, each with one WatchEvent. */
async function* framesOf(
  response: IncomingMessage,
): AsyncGenerator<{ type: string; object: KubeObject }, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of response) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const [type, object] = [...readFields(rest.subarray(4, 4 + rest.readUInt32BE()))];
      rest = rest.subarray(4 + rest.readUInt32BE());
      const [raw] = [...readFields(asBuffer(object!.value))];
      yield { type: asText(type!.value), object: decodeProtobuf(asBuffer(raw!.value)).object };
    }
  }
}
