import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ApiService } from "@/lib/cluster/resources/types";
import { startTestCluster, type TestCluster } from "../testing";
import { startTestBackend, type TestBackend } from "../testing-backend";
import { localNodeProxy } from "../testing-node-proxy";
import { createTestAuthority, issueTestCertificate } from "../testing-pki";

const apiServices = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };
const name = "v1beta1.metrics.k8s.io";

const document = "/openapi/v3/apis/metrics.k8s.io/v1beta1";
const documented = (refs: string) => ({
  paths: {
    "/apis/metrics.k8s.io/v1beta1/nodes": {
      get: {
        responses: { "200": { description: "OK", schema: { $ref: `${refs}metrics.NodeMetrics` } } },
        "x-kubernetes-action": "list",
        "x-kubernetes-group-version-kind": {
          group: "metrics.k8s.io",
          kind: "NodeMetrics",
          version: "v1beta1",
        },
      },
    },
    "/apis/other.example.com/v1/": { get: { responses: {} } },
  },
  components: {
    schemas: {
      "metrics.NodeMetrics": {
        description: "What a node uses.",
        type: "object",
        properties: { window: { description: "Over how long it was measured.", type: "string" } },
        "x-kubernetes-group-version-kind": [
          { group: "metrics.k8s.io", kind: "NodeMetrics", version: "v1beta1" },
        ],
      },
    },
  },
});

let t: TestCluster;
let backend: TestBackend;

beforeAll(async () => {
  const frontProxyCa = await createTestAuthority();
  const frontProxy = await issueTestCertificate(frontProxyCa, "/CN=front-proxy-client", "clientAuth");
  backend = await startTestBackend(frontProxyCa);
  backend.answer(({ path, method }) => {
    if (path === "/apis/metrics.k8s.io/v1beta1")
      return {
        body: {
          kind: "APIResourceList",
          apiVersion: "v1",
          groupVersion: "metrics.k8s.io/v1beta1",
          resources: [
            {
              name: "nodes",
              singularName: "",
              namespaced: false,
              kind: "NodeMetrics",
              verbs: ["get", "list"],
            },
            { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] },
          ],
        },
      };
    if (path === "/openapi/v3")
      return {
        body: { paths: { "apis/metrics.k8s.io/v1beta1": { serverRelativeURL: `${document}?hash=ABC` } } },
      };
    if (path.startsWith(document))
      return { body: { openapi: "3.0.0", ...documented("#/components/schemas/") } };
    if (path === "/openapi/v2") {
      const { paths, components } = documented("#/definitions/");
      return { body: { swagger: "2.0", paths, definitions: components.schemas } };
    }
    if (method === "POST") return { status: 201, headers: { "X-Own": "yes" }, body: { kind: "Made" } };
    return {
      body: {
        kind: "NodeMetricsList",
        apiVersion: "metrics.k8s.io/v1beta1",
        metadata: {},
        items: [
          {
            metadata: { name: "node01" },
            timestamp: "2026-01-01T00:00:00Z",
            window: "10s",
            usage: { cpu: "250m", memory: "512Mi" },
          },
        ],
      },
    };
  });
  t = await startTestCluster({ nodeProxy: localNodeProxy, frontProxy });
  await t.admin.create(refs.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
});
afterAll(async () => {
  await t?.close();
  await backend?.close();
});

/** Waits for the reason of the Available condition. */
async function untilReason(reason: string): Promise<NonNullable<ApiService["status"]>> {
  const stop = new AbortController();
  try {
    for await (const event of t.admin.watch(apiServices, { signal: stop.signal })) {
      if (event.type === "BOOKMARK" || event.object.metadata.name !== name) continue;
      const { status } = event.object as unknown as ApiService;
      if (status?.conditions?.some((one) => one.reason === reason)) return status;
    }
  } finally {
    stop.abort();
  }
  throw new Error("the watch ended");
}

describe("an APIService of another server", () => {
  test("is unavailable with a reason until its Service has somebody behind it", async () => {
    await t.admin.create(apiServices, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { namespace: "shop", name: "hook", port: backend.port },
        caBundle: backend.caBundle,
      },
    } as KubeObject);
    expect((await untilReason("ServiceNotFound")).conditions![0]).toMatchObject({
      type: "Available",
      status: "False",
      message: 'service/hook in "shop" is not present',
    });
    const answer = await t.request("GET", "/apis/metrics.k8s.io/v1beta1/nodes", {});
    expect(answer).toMatchObject({ status: 503, body: "service unavailable\n" });
    const { stderr } = await t.kubectl(["top", "nodes"]);
    expect(stderr).toContain("Metrics API not available");
    const discovery = (await t.fetchJson(
      "/apis",
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    )) as { items: { metadata: { name: string }; versions: object[] }[] };
    expect(discovery.items.at(-1)).toEqual({
      metadata: { name: "metrics.k8s.io", creationTimestamp: null },
      versions: [{ version: "v1beta1", freshness: "Stale" }],
    });

    await t.admin.create(refs.services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "hook", namespace: "shop" },
      spec: { ports: [{ port: backend.port }], selector: { app: "hook" } },
    } as KubeObject);
    await untilReason("EndpointsNotFound");
    await t.admin.create(refs.endpointSlices, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "hook-1", namespace: "shop", labels: { "kubernetes.io/service-name": "hook" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.244.0.9"], conditions: { ready: true } }],
      ports: [{ name: "", port: backend.port }],
    } as KubeObject);
    expect((await untilReason("Passed")).conditions![0]).toMatchObject({ status: "True" });
  });

  test("is relayed to with who asks, as the front proxy", async () => {
    backend.requests.length = 0;
    const path = "/apis/metrics.k8s.io/v1beta1/nodes?labelSelector=a%3Db";
    const answer = await t.request("GET", path, { headers: { accept: "application/json" } });
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "NodeMetricsList" });
    expect(backend.requests[0]).toMatchObject({
      method: "GET",
      path,
      client: "front-proxy-client",
      headers: {
        "x-remote-user": "kubernetes-admin",
        "x-remote-group": "system:masters, system:authenticated",
        accept: "application/json",
      },
    });
    const made = await t.request("POST", "/apis/metrics.k8s.io/v1beta1/nodes", {
      headers: { "content-type": "application/json", "x-remote-user": "root" },
      body: '{"kind":"X"}',
    });
    expect(made).toMatchObject({ status: 201, headers: { "x-own": "yes" } });
    expect(backend.requests[1]).toMatchObject({
      body: { kind: "X" },
      headers: { "x-remote-user": "kubernetes-admin" },
    });
  });

  test("is authorized here before", async () => {
    const answer = await t.request("GET", "/apis/metrics.k8s.io/v1beta1/nodes", {
      headers: { "impersonate-user": "nobody" },
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 403,
      message:
        'nodes.metrics.k8s.io is forbidden: User "nobody" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope',
    });
  });

  test("is discovered with its resources, and kubectl uses it", async () => {
    const { stdout } = await t.kubectl(["api-resources", "--api-group=metrics.k8s.io", "--no-headers"]);
    expect(stdout.replace(/ +/g, " ")).toBe(
      "nodes metrics.k8s.io/v1beta1 false NodeMetrics\npods metrics.k8s.io/v1beta1 true PodMetrics\n",
    );
    await t.admin.create(refs.nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "node01" },
      status: { allocatable: { cpu: "1", memory: "1Gi" } },
    } as KubeObject);
    const top = await t.kubectl(["top", "nodes", "--no-headers"]);
    expect(top.stdout.replace(/ +/g, " ")).toBe("node01 250m 25% 512Mi 50% \n");
  });

  test("is explained by its own documents", async () => {
    const explained = await t.kubectl(["explain", "nodes.window", "--api-version=metrics.k8s.io/v1beta1"]);
    expect(explained.stdout).toContain("Over how long it was measured.");
    expect(await t.fetchJson("/openapi/v3", "application/json")).toMatchObject({
      paths: { "apis/metrics.k8s.io/v1beta1": { serverRelativeURL: `${document}?hash=ABC` } },
    });
    const swagger = (await t.fetchJson("/openapi/v2", "application/json")) as Record<string, object>;
    expect(Object.keys(swagger.definitions!)).toEqual(
      expect.arrayContaining(["metrics.NodeMetrics", "io.k8s.api.core.v1.Pod"]),
    );
    expect(Object.keys(swagger.paths!)).not.toContain("/apis/other.example.com/v1/");
    const protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const { body } = await t.request("GET", "/openapi/v2", { headers: { accept: protobuf } });
    expect(body).toContain("Over how long it was measured.");
  });

  test("passes on what a request is upgraded to", async () => {
    const sockets = new WebSocketServer({ noServer: true });
    backend.server.on("upgrade", (request, stream, head) =>
      sockets.handleUpgrade(request, stream, head, (ws) =>
        ws.on("message", (text: Buffer) =>
          ws.send(`${request.url} of ${request.headers["x-remote-user"]} heard ${text.toString()}`),
        ),
      ),
    );
    const { certificatePem, privateKeyPem } = await issueTestCertificate(
      t.ca,
      "/O=system:masters/CN=kubernetes-admin",
      "clientAuth",
    );
    const path = "/apis/metrics.k8s.io/v1beta1/nodes/a/exec?x=1";
    const socket = new WebSocket(t.url.replace("https", "wss") + path, {
      ca: t.ca.certificatePem,
      cert: certificatePem,
      key: privateKeyPem,
      headers: { "x-remote-user": "root" },
    });
    socket.once("open", () => socket.send("hello"));
    const [said] = (await once(socket, "message")) as [Buffer];
    expect(said.toString()).toBe(`${path} of kubernetes-admin heard hello`);
    socket.close();
  });

  test("is gone with its object", async () => {
    await t.admin.delete(apiServices, undefined, name);
    const answer = await t.request("GET", "/apis/metrics.k8s.io/v1beta1/nodes", {});
    expect(answer.status).toBe(404);
    const { stdout } = await t.kubectl(["api-versions"]);
    expect(stdout).not.toContain("metrics.k8s.io");
  });
});
