import { request, Agent } from "node:https";
import type { ClientRequest } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../testing";
import { issueTestCertificate } from "../testing-pki";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster({ limits: { watchesMax: 200, connectionsMax: 400 } });
});
afterAll(() => t?.close());

const json = { "content-type": "application/json" };
const maps = "/api/v1/namespaces/default/configmaps";
const megabyte = 1 << 20;

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

describe("bounds", () => {
  test("a body of more than 3 MB is refused, one of less is read", async () => {
    const object = (bytes: number) =>
      JSON.stringify({ apiVersion: "v1", kind: "Nothing", metadata: { name: "x" }, data: "x".repeat(bytes) });
    const refused = await t.request("POST", maps, { headers: json, body: object(3 * megabyte) });
    expect(JSON.parse(refused.body)).toMatchObject({
      status: "Failure",
      message: "Request entity too large: limit is 3145728",
      reason: "RequestEntityTooLarge",
      code: 413,
    });
    const read = await t.request("POST", maps, { headers: json, body: object(3 * megabyte - 1000) });
    expect(read.status).toBe(400);
  });

  test("an object of more than 1.5 MB is refused in etcd's words, whatever escapes are in it", async () => {
    const annotated = (characters: number, text: string) =>
      JSON.stringify({
        apiVersion: "apps/v1",
        kind: "ControllerRevision",
        metadata: { name: `of-${characters}` },
        revision: 1,
        data: { text: text.repeat(characters) },
      });
    const revisions = "/apis/apps/v1/namespaces/default/controllerrevisions";
    const post = (body: string) => t.request("POST", revisions, { headers: json, body });
    expect(JSON.parse((await post(annotated(1.6 * megabyte, "x"))).body)).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "etcdserver: request is too large",
      code: 500,
    });
    expect((await post(annotated(1.4 * megabyte, "x"))).status).toBe(201);
    expect((await post(annotated(1.1 * megabyte, '"'))).status).toBe(201);
    const { body } = await t.request("GET", revisions, {});
    expect((JSON.parse(body) as { items: object[] }).items).toHaveLength(2);
  });

  test("memory stays where it was under bad input of every size", async () => {
    const bodies = (at: number) => [
      JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `No_${at}` },
        data: { a: `${at}`.repeat(200_000) },
      }),
      `{"a":"${"\\u0000".repeat(100_000)}${at}`,
      `[${`${at},`.repeat(200_000)}0]`,
      `${'{"a":'.repeat(20_000)}${at}`,
      `a: &a [x${at}]\nb: [${"*a, ".repeat(50_000)}*a]`,
    ];
    const round = async (at: number) => {
      for (const [index, body] of bodies(at).entries()) {
        const type = index === 4 ? "application/yaml" : "application/json";
        const { status } = await t.request("POST", maps, { headers: { "content-type": type }, body });
        expect([400, 422]).toContain(status);
      }
      await t.request("GET", `${maps}?labelSelector=${`a${at},`.repeat(1000)}b`, {});
      await t.request("GET", `${maps}?fieldSelector=metadata.name%3D${"x".repeat(10_000)}${at}`, {});
      await t.request("GET", `/api/v1/${"y".repeat(10_000)}${at}`, {});
      await t.request("PATCH", `${maps}/none${at}`, {
        headers: { "content-type": "application/json-patch+json" },
        body: JSON.stringify(
          Array.from({ length: 10_000 }, () => ({ op: "copy", from: `/${at}`, path: "/a" })),
        ),
      });
    };
    for (let at = 0; at < 3; at++) await round(at); // what is made once
    const before = await heapBytes();
    for (let at = 3; at < 13; at++) await round(at);
    // 10 rounds send some 24 MB.
    expect((await heapBytes()) - before).toBeLessThan(10 * megabyte);
  }, 120_000);

  test("watches are bounded, each costs little, and all give back what they cost", async () => {
    const client = await issueTestCertificate(t.ca, "/O=system:masters/CN=watcher", "clientAuth");
    const agent = new Agent({
      ca: t.ca.certificatePem,
      cert: client.certificatePem,
      key: client.privateKeyPem,
      maxSockets: Infinity,
    });
    const open: ClientRequest[] = [];
    const watch = () =>
      new Promise<number>((resolve, reject) => {
        const outgoing = request(`${t.url}${maps}?watch=1&resourceVersion=0`, { agent }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        outgoing.on("error", reject).end();
        open.push(outgoing);
      });
    await watch();
    const before = await heapBytes();
    const statuses: number[] = [];
    for (let at = 1; at < 300; at++) statuses.push(await watch());
    expect(statuses.filter((status) => status === 200)).toHaveLength(199);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100);
    // Both ends of each connection are in this process.
    expect((await heapBytes()) - before).toBeLessThan(300 * 200 * 1024);
    for (const outgoing of open) outgoing.on("error", () => undefined).destroy();
    agent.destroy();
    await expect
      .poll(async () => (await heapBytes()) - before, { timeout: 30_000 })
      .toBeLessThan(10 * megabyte);
  }, 120_000);
});
