import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:tls";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiResponse, TestCluster } from "../testing";
import { startTestCluster } from "../testing";
import { goodObjects, replaced } from "./testing-objects";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

const pods = "/api/v1/namespaces/default/pods";
const json = { "content-type": "application/json" };

/** Every refusal is a Status with a code below 500, or the router's plain 404. */
function expectClear({ status, body }: ApiResponse): void {
  expect(status, body.slice(0, 300)).toBeLessThan(500);
  if (status >= 400 && body !== "404 page not found\n") {
    expect(JSON.parse(body)).toMatchObject({ kind: "Status", status: "Failure", code: status });
  }
}

describe("hostile input", () => {
  test.each([
    ["text that is no JSON", "{", 400],
    ["a list", "[]", 400],
    ["nothing", "", 400],
    ["another kind", '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"}}', 400],
    ["wrong types", '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":"no"}}', 400],
    ["labels of numbers", '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"a":1}}}', 400],
    ["deep nesting", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`, 400],
    [
      "a prototype",
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","__proto__":{"a":"b"}}}',
      400,
    ],
    ["four megabytes", `"${"x".repeat(4 << 20)}"`, 413],
  ])("%s as a body", async (_name, body, status) => {
    const answer = await t.request("POST", pods, { headers: json, body });
    expect(answer.status).toBe(status);
    expectClear(answer);
  });

  test.each([
    "?labelSelector=a%20in%20(",
    "?fieldSelector=spec.nodeName",
    "?fieldSelector=nothing%3D1",
    "?limit=many",
    "?continue=abc",
    "?resourceVersion=x",
    "?resourceVersion=99999999999",
    "?resourceVersionMatch=Exact",
    "?watch=1&resourceVersion=-1",
    "?watch=1&sendInitialEvents=true",
    `?labelSelector=${"a,".repeat(20_000)}!`,
  ])("a list with bad query %#", async (query) => {
    const answer = await t.request("GET", pods + query, {});
    expect([400, 410, 431, 504]).toContain(answer.status);
  });

  test("an alias bomb in YAML", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, at) =>
        `l${at}: &l${at} [${
          at === 0
            ? "x"
            : Array(9)
                .fill(`*l${at - 1}`)
                .join(",")
        }]`,
    );
    const answer = await t.request("POST", pods, {
      headers: { "content-type": "application/yaml" },
      body: levels.join("\n"),
    });
    expect(answer.status).toBe(400);
    expectClear(answer);
  });

  test("whatever a fuzzer thinks of gets a clear answer", async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        "api",
        "apis",
        "v1",
        "apps",
        "namespaces",
        "default",
        "pods",
        "configmaps",
        "status",
        "scale",
        "log",
        "x",
        "%00",
        "..",
        "%2F",
      ),
      fc.string({ maxLength: 8 }).map(encodeURIComponent),
    );
    const value: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 4 });
    const object = fc.record(
      {
        apiVersion: fc.oneof(fc.constantFrom("v1", "apps/v1"), value),
        kind: fc.oneof(fc.constantFrom("ConfigMap", "Pod", "Deployment", "Service"), value),
        metadata: fc.oneof(
          fc.record(
            {
              name: fc.oneof(fc.constant("fuzz"), value),
              labels: value,
              finalizers: value,
              ownerReferences: value,
            },
            { requiredKeys: ["name"] },
          ),
          value,
        ),
        spec: value,
        data: value,
      },
      { requiredKeys: [] },
    );
    const calls = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"),
      path: fc.oneof(
        fc.array(segment, { maxLength: 7 }).map((parts) => `/${parts.join("/")}`),
        fc.constantFrom(
          pods,
          "/api/v1/namespaces/default/configmaps",
          "/api/v1/namespaces/default/services",
          "/apis/apps/v1/namespaces/default/deployments",
          `${pods}/fuzz`,
          "/api/v1/namespaces/default/configmaps/fuzz",
        ),
      ),
      type: fc.constantFrom(
        "application/json",
        "application/yaml",
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml?x",
        "application/vnd.kubernetes.protobuf",
        "text/html",
      ),
      body: fc.oneof(
        object.map((one) => JSON.stringify(one)),
        fc.string(),
        value.map((one) => JSON.stringify(one)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(calls, async ({ method, path, type, body }) => {
        const hasBody = method !== "GET" && method !== "HEAD";
        const answer = await t.request(method, path, {
          headers: { "content-type": type },
          body: hasBody ? body : undefined,
        });
        expect(
          answer.status,
          `${method} ${path} ${type} ${body} -> ${answer.body.slice(0, 400)}`,
        ).toBeLessThan(500);
      }),
      { numRuns: 600 },
    );
    expect((await t.request("GET", "/readyz", {})).body).toBe("ok");
  }, 240_000);

  test("a good object with one value replaced by anything gets a clear answer", async () => {
    const cases = fc.record({
      at: fc.nat(),
      which: fc.nat({ max: goodObjects.length - 1 }),
      value: fc.oneof(
        fc.constantFrom<unknown[]>(null, "", "x", 0, -1, 1.5, 1e300, true, [], {}, [null], [{}], "1Gi", "😀"),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      isPatch: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ at, which, value, isPatch }) => {
        const { path, object } = goodObjects[which]!;
        const body = JSON.stringify(replaced(object, at, value));
        const type = isPatch ? "application/apply-patch+yaml" : "application/json";
        const target = isPatch
          ? `${path}/fuzz?fieldManager=fuzz&force=true&dryRun=All`
          : `${path}?dryRun=All`;
        const answer = await t.request(isPatch ? "PATCH" : "POST", target, {
          headers: { "content-type": type },
          body,
        });
        expect(answer.status, `${target} ${body} -> ${answer.body.slice(0, 400)}`).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
  }, 240_000);

  test("more requests than may be in flight are told to come back", async () => {
    const small = await startTestCluster({ limits: { inFlightMax: 1 } });
    try {
      const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held"}}';
      const headers = { ...json, "content-length": String(body.length) };
      const held = small.open("POST", "/api/v1/namespaces/default/configmaps", headers);
      const created = once(held, "response") as Promise<[IncomingMessage]>;
      held.write(body.slice(0, 20)); // the one that may be in flight waits for the rest
      await expect.poll(async () => (await small.request("GET", pods, {})).status).toBe(429);
      const refused = await small.request("GET", pods, {});
      expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
      expectClear(refused);
      held.end(body.slice(20));
      const [response] = await created;
      expect(response.statusCode).toBe(201);
      response.resume();
      await once(response, "end");
      await expect.poll(async () => (await small.request("GET", pods, {})).status).toBe(200);
    } finally {
      await small.close();
    }
  });

  test("a handshake and half a header do not hold others up", async () => {
    const { hostname, port } = new URL(t.url);
    const slow = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    await new Promise((resolve) => slow.once("secureConnect", resolve));
    slow.write("GET /api HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    expect((await t.request("GET", "/livez", {})).body).toBe("ok");
    slow.destroy();
  });
});
