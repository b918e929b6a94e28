import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { LogRequest } from "../node-proxy";
import { startTestCluster, type TestCluster } from "../testing";
import { localNodeProxy } from "../testing-node-proxy";

let t: TestCluster;
const asked: LogRequest[] = [];
beforeAll(async () => {
  const nodeProxy: typeof localNodeProxy = {
    ...localNodeProxy,
    logs(request, signal) {
      asked.push(request);
      return localNodeProxy.logs(request, signal);
    },
  };
  t = await startTestCluster({ nodeProxy, limits: { watchWindow: 20 } });
});
afterAll(() => t?.close());

const maps = "/api/v1/namespaces/default/configmaps";
const configMaps = { group: "", version: "v1", plural: "configmaps" };

async function ask(method: string, path: string, body?: object) {
  const text = body && JSON.stringify(body);
  // Node does not frame the body of a DELETE by itself.
  const headers: Record<string, string> = text
    ? { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }
    : {};
  const answer = await t.request(method, path, { headers, body: text });
  return { ...(JSON.parse(answer.body) as Record<string, never>), httpStatus: answer.status } as {
    httpStatus: number;
    message: string;
    kind: string;
    metadata: { continue?: string; uid: string };
    items: KubeObject[];
  };
}
const make = (name: string, labels = {}) =>
  t.admin.create<KubeObject>(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", labels },
  });

describe("PUT of what is not there", () => {
  test.each([
    ["/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", "rbac.authorization.k8s.io/v1", "Role"],
    ["/apis/rbac.authorization.k8s.io/v1/clusterroles", "rbac.authorization.k8s.io/v1", "ClusterRole"],
    ["/apis/coordination.k8s.io/v1/namespaces/default/leases", "coordination.k8s.io/v1", "Lease"],
    ["/api/v1/namespaces/default/endpoints", "v1", "Endpoints"],
  ])("%s makes it", async (path, apiVersion, kind) => {
    const object = { apiVersion, kind, metadata: { name: "by-put" } };
    expect(await ask("PUT", `${path}/by-put`, object)).toMatchObject({ httpStatus: 201, kind });
    expect(await ask("PUT", `${path}/by-put`, object)).toMatchObject({ httpStatus: 200, kind });
    expect((await ask("PUT", `${path}/other`, object)).message).toBe(
      "the name of the object (by-put) does not match the name on the URL (other)",
    );
  });

  test("is refused for most kinds", async () => {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "by-put" } };
    expect((await ask("PUT", `${maps}/by-put`, object)).message).toBe('configmaps "by-put" not found');
  });
});

test("a continue token that is too old comes back as one of the list as it is", async () => {
  for (const name of ["page-a", "page-b", "page-c"]) await make(name, { page: "yes" });
  const first = await ask("GET", `${maps}?limit=1&labelSelector=page`);
  for (let at = 0; at < 40; at++) await make(`filler-${at}`);
  const old = await ask("GET", `${maps}?limit=1&labelSelector=page&continue=${first.metadata.continue}`);
  expect(old.httpStatus).toBe(410);
  expect(old.message).toContain("The provided continue parameter is too old");
  const rest = await ask("GET", `${maps}?labelSelector=page&continue=${old.metadata.continue}`);
  expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(["page-b", "page-c"]);
});

describe("deletion", () => {
  test("of a collection takes what the selector names, and says what it took", async () => {
    for (const name of ["gone-a", "gone-b"]) await make(name, { gone: "yes" });
    await make("kept");
    const dry = await ask("DELETE", `${maps}?labelSelector=gone&dryRun=All`);
    expect(dry.items).toHaveLength(2);
    const taken = await ask("DELETE", `${maps}?labelSelector=gone`);
    expect(taken).toMatchObject({ httpStatus: 200, kind: "ConfigMapList" });
    expect(taken.items.map(({ metadata }) => metadata.name)).toEqual(["gone-a", "gone-b"]);
    expect((await ask("GET", `${maps}?labelSelector=gone`)).items).toEqual([]);
    expect((await ask("GET", `${maps}/kept`)).httpStatus).toBe(200);
  });

  test("of custom objects gives them with their kind", async () => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "cups.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "cups", singular: "cup", kind: "Cup", listKind: "CupList" },
        versions: [
          { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
    };
    await ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    const cups = "/apis/example.com/v1/namespaces/default/cups";
    const cup = { apiVersion: "example.com/v1", kind: "Cup", metadata: { name: "a" } };
    await expect.poll(async () => (await ask("POST", cups, cup)).httpStatus, { timeout: 20_000 }).toBe(201);
    const taken = await ask("DELETE", cups);
    expect(taken).toMatchObject({ kind: "CupList", items: [{ apiVersion: "example.com/v1", kind: "Cup" }] });
  });

  test("heeds its preconditions", async () => {
    const { metadata } = await make("precious");
    const path = `${maps}/precious`;
    expect(await ask("DELETE", path, { preconditions: { uid: "other" } })).toMatchObject({
      httpStatus: 409,
      message: `Operation cannot be fulfilled on configmaps "precious": Precondition failed: UID in precondition: other, UID in object meta: ${metadata.uid}`,
    });
    expect(await ask("DELETE", path, { preconditions: { resourceVersion: "1" } })).toMatchObject({
      httpStatus: 409,
      message: `Operation cannot be fulfilled on configmaps "precious": Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    });
    const right = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
    expect((await ask("DELETE", path, { preconditions: right })).httpStatus).toBe(200);
  });

  test("of a namespace ends with the last of its spec's finalizers, by its finalize subresource", async () => {
    const path = "/api/v1/namespaces/ends";
    await ask("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "ends" },
    });
    expect(await ask("DELETE", path)).toMatchObject({ status: { phase: "Terminating" } });
    const namespace = await ask("GET", path);
    expect(namespace).toMatchObject({ spec: { finalizers: ["kubernetes"] } });
    const { httpStatus: _status, ...object } = namespace;
    expect((await ask("PUT", `${path}/finalize`, { ...object, spec: {} })).httpStatus).toBe(200);
    expect((await ask("GET", path)).httpStatus).toBe(404);
  });
});

test.each(["/api/v1/watch/namespaces/default/configmaps", "/api/v1/watch/configmaps"])(
  "%s watches the old way",
  async (path) => {
    const { body } = await t.request("GET", `${path}?timeoutSeconds=1`, {});
    const [line] = body.split("\n");
    expect(JSON.parse(line!)).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap" } });
  },
);

describe("logs", () => {
  beforeAll(async () => {
    await ask("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { nodeName: "n", containers: [{ name: "main", image: "a" }] },
    };
    await ask("POST", "/api/v1/namespaces/default/pods", pod);
    const path = "/api/v1/namespaces/default/pods/p";
    const running = {
      name: "main",
      state: { running: {} },
      ready: true,
      restartCount: 0,
      image: "a",
      imageID: "",
    };
    const status = { phase: "Running", containerStatuses: [running] };
    await ask("PUT", `${path}/status`, { ...(await ask("GET", path)), httpStatus: undefined, status });
  });

  test("by kubectl carry their cuts to the node", async () => {
    asked.length = 0;
    const since = await t.kubectl([
      "logs",
      "p",
      "--since=1m",
      "--timestamps",
      "--limit-bytes=64",
      "--tail=2",
    ]);
    expect(since).toMatchObject({ exitCode: 0, stdout: "main two\nmain three\n" });
    await t.kubectl(["logs", "p", "--since-time=2026-01-02T03:04:05Z"]);
    expect(asked).toMatchObject([
      { timestamps: true, limitBytes: 64, tailLines: 2, sinceMs: expect.any(Number) as number },
      { timestamps: false, sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5) },
    ]);
  });

  test("refuse a time that is none", async () => {
    const answer = await ask("GET", "/api/v1/namespaces/default/pods/p/log?sinceTime=yesterday");
    expect(answer).toMatchObject({
      httpStatus: 400,
      message: 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    });
  });
});
