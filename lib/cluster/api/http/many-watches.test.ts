import { request, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "../testing";
import { issueTestCertificate } from "../testing-pki";
import type { ApiListener } from "../types";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const watchesMax = 2000;
const megabyte = 1 << 20;
const configMaps = { group: "", version: "v1", plural: "configmaps" };

let t: TestCluster;
let server: ApiListener;
let options: RequestOptions & { session?: Buffer };
beforeAll(async () => {
  t = await startTestCluster();
  const serving = await issueTestCertificate(t.ca, "/CN=kube-apiserver", "serverAuth", "DNS:localhost");
  const client = await issueTestCertificate(t.ca, "/O=system:masters/CN=watcher", "clientAuth");
  const socketPath = join(t.folder, "api.sock");
  server = await t.cluster.server.listen(socketPath, serving);
  options = {
    socketPath,
    host: "localhost",
    ca: t.ca.certificatePem,
    cert: client.certificatePem,
    key: client.privateKeyPem,
    agent: false,
    path: "/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0",
  };
});
afterAll(() => t?.close());

/** One watch of a client that keeps only how much it heard of. */
interface Listener {
  status: number;
  events: number;
  ended: boolean;
}

function listen(): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response: IncomingMessage) => {
      const listener: Listener = { status: response.statusCode ?? 0, events: 0, ended: false };
      // Events are a line each.
      response.on("data", (chunk: Buffer) => {
        for (const byte of chunk) if (byte === 0x0a) listener.events++;
      });
      response.on("error", () => undefined);
      response.on("close", () => (listener.ended = true));
      resolve(listener);
    });
    // Later connections resume the first one's session, which spares both ends most of the handshake.
    outgoing.on("socket", (socket) => socket.once("session", (session) => (options.session ??= session)));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

const create = (name: string) =>
  t.admin.create<KubeObject>(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
  });

describe("thousands of watches on one cluster", () => {
  test("are held up to the limit, hear everything, cost little, and end with the server", async () => {
    await create("first");
    const before = await heapBytes();
    const listeners: Listener[] = [];
    // Many at a time: the limit holds for those, too, that begin together.
    while (listeners.length < watchesMax + 100)
      listeners.push(...(await Promise.all(Array.from({ length: 300 }, listen))));
    const held = listeners.filter(({ status }) => status === 200);
    expect(held).toHaveLength(watchesMax);
    expect(listeners.filter(({ status }) => status === 429)).toHaveLength(listeners.length - watchesMax);

    await create("second");
    const all = (events: number) => held.every((one) => one.events === events);
    await expect.poll(() => all(2), { timeout: 60_000 }).toBe(true);
    // Both ends of each connection are in this process.
    expect((await heapBytes()) - before).toBeLessThan(watchesMax * 200 * 1024);
    // Others are served meanwhile.
    expect((await t.request("GET", "/readyz", {})).status).toBe(200);

    await server.close();
    await expect.poll(() => held.every(({ ended }) => ended), { timeout: 60_000 }).toBe(true);
    const again = await new Promise<number>((resolve) => {
      const outgoing = t.open("GET", options.path!).on("error", () => undefined);
      outgoing.on("response", ({ statusCode }) => (outgoing.destroy(), resolve(statusCode ?? 0))).end();
    });
    expect(again).toBe(200); // their places are free again
    await expect
      .poll(async () => (await heapBytes()) - before, { timeout: 60_000 })
      .toBeLessThan(20 * megabyte);
  }, 300_000);
});
