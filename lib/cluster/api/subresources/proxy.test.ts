import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ensureKubectl, startTestCluster, type TestCluster } from "../testing";
import { localNodeProxy } from "../testing-node-proxy";
import { issueTestCertificate } from "../testing-pki";
import { rewriteHtml, rewriteUrl } from "@/lib/core/http/rewrite-links";

interface Seen {
  method: string;
  url: string;
  headers: Record<string, unknown>;
  body: string;
}

let t: TestCluster;
let server: Server;
let port: number;
let seen: Seen[] = [];
let answer: { status?: number; headers?: Record<string, string>; body?: string | Buffer } = {};

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      response.writeHead(answer.status ?? 200, answer.headers ?? { "content-type": "text/plain" });
      response.end(answer.body ?? "from the pod");
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (request.url === "/shut")
      return void socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    sockets.handleUpgrade(request, socket, head, (ws) =>
      ws.on("message", (text: Buffer) => ws.send(`${request.url} heard ${text.toString()}`)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  t = await startTestCluster({ nodeProxy: localNodeProxy });
  const create = (group: string, version: string, plural: string, object: object) =>
    t.admin.create({ group, version, plural }, object as never);
  await create("", "v1", "nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "node01" } });
  await create("", "v1", "pods", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default" },
    spec: {
      nodeName: "node01",
      containers: [{ name: "web", image: "nginx", ports: [{ name: "http", containerPort: port }] }],
    },
  });
  await create("", "v1", "services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: port }] },
  });
  await create("discovery.k8s.io", "v1", "endpointslices", {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "web-1",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "web" },
    },
    addressType: "IPv4",
    ports: [{ name: "http", port, protocol: "TCP" }],
    endpoints: [{ addresses: ["10.244.0.9"], conditions: { ready: true } }],
  });
}, 60_000);
afterAll(async () => {
  await t?.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
  answer = {};
});

const services = "/api/v1/namespaces/default/services";
const raw = async (path: string) => (await t.kubectl(["get", "--raw", path])).stdout;

describe("what a proxy relays", () => {
  test.each([
    [`${services}/web:http/proxy/`, "/"],
    [`${services}/web:80/proxy/a/b/`, "/a/b/"],
    [`${services}/web/proxy/a`, "/a"],
    ["/api/v1/namespaces/default/pods/web/proxy/a", "/a"],
    ["/api/v1/namespaces/default/pods/web:http/proxy/a/", "/a/"],
  ])("%s", async (path, url) => {
    expect(await raw(path)).toBe("from the pod");
    expect(seen.map((one) => one.url)).toEqual([url]);
  });

  test("the path as it was written, its query and what is sent", async () => {
    const path = "/a%2Fb//c%20d/%E2%82%AC;x=1?q=1+2&q=%2F";
    const { status } = await t.request("POST", `${services}/web/proxy${path}`, {
      headers: { "x-own": "yes", authorization: "", "impersonate-user": "" },
      body: "hello",
    });
    expect(status).toBe(200);
    expect(seen).toMatchObject([{ method: "POST", url: path, body: "hello", headers: { "x-own": "yes" } }]);
    expect(seen[0]!.headers).toMatchObject({ host: new URL(t.url).host, "x-forwarded-for": "127.0.0.1" });
    expect(Object.keys(seen[0]!.headers)).not.toContain("impersonate-user");
  });

  test("no path at all is sent to the one with a slash", async () => {
    const { status, headers } = await t.request("GET", `${services}/web:http/proxy?a=b`, {});
    expect({ status, location: headers.location }).toEqual({
      status: 301,
      location: `${services}/web:http/proxy/?a=b`,
    });
    expect(seen).toEqual([]);
  });

  test("redirects and links come back through the proxy", async () => {
    answer = { status: 302, headers: { location: "/login/" } };
    const redirect = await t.request("GET", `${services}/web/proxy/a`, {});
    expect(redirect.headers.location).toBe(`${services}/web/proxy/login/`);
    const page = '<a href="/x">x</a><a href="y">y</a><a href="https://other/z">z</a>';
    const rewritten = `<a href="${services}/web/proxy/x">x</a><a href="y">y</a><a href="https://other/z">z</a>`;
    answer = { headers: { "content-type": "text/html; charset=utf-8" }, body: page };
    expect((await t.request("GET", `${services}/web/proxy/`, {})).body).toBe(rewritten);
    answer = {
      headers: { "content-type": "text/html", "content-encoding": "gzip" },
      body: gzipSync(page),
    };
    const zipped = await raw(`${services}/web/proxy/`); // Go's client unpacks
    expect(zipped).toBe(rewritten);
    answer = { headers: { "content-type": "text/plain" }, body: page };
    expect(await raw(`${services}/web/proxy/`)).toBe(page);
  });

  test("kubectl proxy leads there", async () => {
    const proxy = spawn(await ensureKubectl(), ["proxy", "--port=0"], {
      env: { ...process.env, KUBECONFIG: t.kubeconfig },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const address = await new Promise<string>((resolve) =>
        proxy.stdout.on("data", (chunk: Buffer) => {
          const found = /127\.0\.0\.1:\d+/.exec(chunk.toString())?.[0];
          if (found) resolve(found);
        }),
      );
      const response = await fetch(`http://${address}${services}/web:http/proxy/deep/`);
      expect(await response.text()).toBe("from the pod");
      expect(seen).toMatchObject([{ url: "/deep/" }]);
      answer = { status: 302, headers: { location: "/there" } };
      const redirect = await fetch(`http://${address}${services}/web/proxy/`, { redirect: "manual" });
      expect(redirect.headers.get("location")).toBe(`${services}/web/proxy/there`);
      // An upgrade goes all the way, with the path and the protocol that were asked for; so does a refusal.
      for (const place of [`${services}/web:http`, "/api/v1/namespaces/default/pods/web"]) {
        const client = new WebSocket(`ws://${address}${place}/proxy/live?a=b`, "chat");
        client.once("open", () => client.send("hello"));
        const [said] = (await once(client, "message")) as [Buffer];
        expect([client.protocol, said.toString()]).toEqual(["chat", "/live?a=b heard hello"]);
        client.close();
        const refused = new WebSocket(`ws://${address}${place}/proxy/shut`);
        expect(String(await once(refused, "error"))).toContain("Unexpected server response: 403");
      }
    } finally {
      proxy.kill();
    }
  });

  test("nodes", async () => {
    expect(await raw("/api/v1/nodes/node01/proxy/healthz")).toBe("node01/healthz");
    expect(await raw("/api/v1/nodes/node01/proxy/logs/")).toBe("node01/logs/");
  });

  test("streams of a node's kubelet", async () => {
    const { certificatePem, privateKeyPem } = await issueTestCertificate(
      t.ca,
      "/O=system:masters/CN=kubernetes-admin",
      "clientAuth",
    );
    const exec = (node: string) =>
      new WebSocket(
        `${t.url.replace("https", "wss")}/api/v1/nodes/${node}/proxy/exec/default/web/web?command=echo&command=hi&output=1`,
        "v5.channel.k8s.io",
        { ca: t.ca.certificatePem, cert: certificatePem, key: privateKeyPem },
      );
    const said: Buffer[] = [];
    const socket = exec("node01").on("message", (bytes: Buffer) => said.push(bytes));
    await once(socket, "close");
    expect(said.map(String)).toContain("\u0001hi\n");
    expect(String(await once(exec("node02"), "error"))).toContain("Unexpected server response: 404");
  });

  test.each([
    [`${services}/none/proxy/`, 'services "none" not found'],
    [`${services}/web:other/proxy/`, 'no service port "other" found for service "web"'],
    ["/api/v1/nodes/none/proxy/", 'nodes "none" not found'],
    ["/api/v1/namespaces/default/pods/none/proxy/", 'pods "none" not found'],
  ])("refuses %s", async (path, why) => {
    expect((await t.kubectl(["get", "--raw", path])).stderr).toContain(why);
  });
});

describe("links", () => {
  const place = { prefix: "/p", hosts: ["api:6443", "10.244.0.9:80"] };

  test.each([
    ["/a/b/?q#f", "/p/a/b/?q#f"],
    ["/p/a", "/p/a"],
    ["a/b", "a/b"],
    ["#top", "#top"],
    ["http://10.244.0.9:80/a", "/p/a"],
    ["https://api:6443/a", "https://api:6443/p/a"],
    ["https://example.com/a", "https://example.com/a"],
    ["//example.com/a", "//example.com/a"],
    ["mailto:a@b", "mailto:a@b"],
  ])("%s", (url, rewritten) => {
    expect(rewriteUrl(url, place)).toBe(rewritten);
  });

  test("are those of tags alone", () => {
    const html =
      "<!-- <a href='/no'> --><script src=/x.js>'<a href=\"/no\">'</script><IMG alt=\"/no\" SRC='/i.png'><p href='/no'>/no</p>";
    expect(rewriteHtml(html, place)).toBe(
      "<!-- <a href='/no'> --><script src=/p/x.js>'<a href=\"/no\">'</script><IMG alt=\"/no\" SRC='/p/i.png'><p href='/no'>/no</p>",
    );
  });
});
