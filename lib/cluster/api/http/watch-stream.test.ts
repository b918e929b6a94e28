import { request } from "node:https";
import type { ClientRequest } from "node:http";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { issueTestCertificate } from "../testing-pki";
import { startTestCluster, type TestCluster } from "../testing";
import { Store } from "../store/store";
import type { KeyPair } from "../types";

const maps = "/api/v1/namespaces/default/configmaps";
const configMaps = { group: "", version: "v1", plural: "configmaps" };

let t: TestCluster;
let user: KeyPair;
beforeEach(async () => {
  t = await startTestCluster({ limits: { watchesMax: 3, bookmarkEveryMs: 20 } });
  user = await issueTestCertificate(t.ca, "/O=system:masters/CN=watcher", "clientAuth");
});
afterEach(() => t?.close());

interface Line {
  type: string;
  object: {
    kind: string;
    code?: number;
    metadata: { name?: string; resourceVersion?: string; annotations?: Record<string, string> };
    rows?: unknown[];
    columnDefinitions?: unknown[];
  };
}

async function* watch(query: string, accept = "application/json"): AsyncGenerator<Line> {
  let outgoing: ClientRequest | undefined;
  try {
    const response = await new Promise<NodeJS.ReadableStream & { statusCode?: number }>((resolve, reject) => {
      outgoing = request(
        `${t.url}${maps}?watch=1&${query}`,
        {
          ca: t.ca.certificatePem,
          cert: user.certificatePem,
          key: user.privateKeyPem,
          agent: false,
          headers: { accept },
        },
        resolve,
      );
      outgoing.on("error", reject);
      outgoing.end();
    });
    const lines = createInterface(response);
    for (const stream of [response, lines]) stream.on("error", () => undefined); // the test hangs up
    for await (const line of lines) yield JSON.parse(line) as Line;
  } finally {
    outgoing?.destroy();
  }
}

const create = (name: string, labels: Record<string, string> = {}) =>
  t.admin.create<KubeObject>(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", labels },
  });
const next = async (events: AsyncGenerator<Line>) => ((await events.next()).value as Line | undefined)!;

describe("a watch over the wire", () => {
  test("begins with what is there and ends the state with a bookmark when asked", async () => {
    await create("a");
    const events = watch("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    expect(await next(events)).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    expect(await next(events)).toMatchObject({
      type: "BOOKMARK",
      object: { kind: "ConfigMap", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    await create("b");
    expect(await next(events)).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
    await events.return(undefined);
  });

  test("tells of objects that come into and leave the selection", async () => {
    const object = await create("a", { tier: "web" });
    const events = watch(`labelSelector=tier%3Dweb&resourceVersion=${object.metadata.resourceVersion}`);
    const label = (tier: string) =>
      t.admin.patch(configMaps, "default", "a", "application/merge-patch+json", {
        metadata: { labels: { tier } },
      });
    await label("db");
    await create("other");
    await label("web");
    expect((await next(events)).type).toBe("DELETED");
    expect((await next(events)).type).toBe("ADDED");
    await events.return(undefined);
  });

  test("sends tables with their columns once", async () => {
    const events = watch("", "application/json;as=Table;v=v1;g=meta.k8s.io");
    await create("a");
    const first = await next(events);
    await create("b");
    const second = await next(events);
    expect([first.object.kind, first.object.rows?.length, first.object.columnDefinitions?.length]).toEqual([
      "Table",
      1,
      3,
    ]);
    expect(second.object.columnDefinitions).toBeNull();
    await events.return(undefined);
  });

  test("goes on in its bookmarks while nothing of its selection happens", async () => {
    await create("a", { tier: "web" });
    const events = watch("labelSelector=tier%3Dweb&allowWatchBookmarks=true");
    expect((await next(events)).type).toBe("ADDED");
    const { metadata } = await create("other");
    const rv = Number(metadata.resourceVersion);
    await expect.poll(async () => Number((await next(events)).object.metadata.resourceVersion)).toBe(rv);
    await events.return(undefined);
  });

  test("waits as long as a timer can when asked for longer", async () => {
    await create("a");
    const events = watch("timeoutSeconds=99999999");
    expect((await next(events)).type).toBe("ADDED");
    await t.request("GET", maps, {});
    await create("b");
    expect((await next(events)).object.metadata.name).toBe("b");
    await events.return(undefined);
  });

  test("ends after its time", async () => {
    const events = watch("timeoutSeconds=1");
    expect((await events.next()).done).toBe(true);
  });

  test("counts from its request on: those that wait together for the journal are bounded, too", async () => {
    let waiting = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const settled = vi.spyOn(Store.prototype, "settled").mockImplementation(() => (waiting++, gate));
    const requests: ClientRequest[] = [];
    const statuses: number[] = [];
    try {
      for (let at = 0; at < 20; at++) {
        const outgoing = t.open("GET", `${maps}?watch=1`).on("error", () => undefined);
        outgoing.on("response", (response) => statuses.push(response.resume().statusCode ?? 0)).end();
        requests.push(outgoing);
      }
      await expect.poll(() => waiting + statuses.length, { timeout: 60_000 }).toBe(20);
      open();
      await expect.poll(() => statuses.length, { timeout: 60_000 }).toBe(20);
      expect(statuses.filter((status) => status === 200)).toHaveLength(3);
      expect(statuses.filter((status) => status === 429)).toHaveLength(17);
    } finally {
      settled.mockRestore();
      open();
      for (const outgoing of requests) outgoing.destroy();
    }
  });

  test("is one of a bounded number, and gives its place back", async () => {
    await create("a");
    const open = [watch(""), watch(""), watch("")];
    for (const events of open) await next(events);
    expect(await next(watch(""))).toMatchObject({ kind: "Status", code: 429 });
    for (const events of open) await events.return(undefined);
    await expect.poll(async () => (await next(watch(""))).type).toBe("ADDED");
  });
});
