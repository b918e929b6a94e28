import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createLogger } from "@/lib/core/logger";
import type { ApiResponse, TestCluster } from "../testing";
import { startTestCluster } from "../testing";
import { replaced } from "./testing-objects";
import { policyObjects } from "./testing-policies";

let t: TestCluster;
const logger = createLogger("test");
const logged = vi.spyOn(logger, "error").mockImplementation(() => undefined);
beforeAll(async () => {
  t = await startTestCluster({ logger });
});
afterAll(() => t?.close());

const json = { "content-type": "application/json" };
/** A webhook that cannot be reached and fails closed is answered so by upstream too. */
const isWebhookFailure = ({ body }: ApiResponse) =>
  /failed calling webhook|could not create admission objects/.test(body);

test("objects that rule others, bent in any way and stored, break nothing for anybody", async () => {
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { generateName: "x-" },
    data: { a: "b" },
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "p-", labels: { a: "b" } },
    spec: { containers: [{ name: "c", image: "nginx" }] },
  };
  const fuzz = { apiVersion: "fuzz.dev/v1", kind: "Fuzz", metadata: { generateName: "f-" }, spec: { x: 2 } };
  const others: [string, string, object?][] = [
    ["POST", "/api/v1/namespaces/default/configmaps", configMap],
    ["POST", "/api/v1/namespaces/default/pods?dryRun=All", pod],
    ["POST", "/apis/fuzz.dev/v1/namespaces/default/fuzzes", fuzz],
    ["GET", "/apis/fuzz.dev/v1/fuzzes?fieldSelector=spec.x%3D2"],
    ["GET", "/apis"],
    ["GET", "/openapi/v3"],
    ["GET", "/openapi/v3/apis/fuzz.dev/v1"],
    ["GET", "/readyz"],
  ];
  const cases = fc.record({
    at: fc.nat(),
    which: fc.nat({ max: policyObjects.length - 1 }),
    value: fc.oneof(
      fc.constantFrom<unknown[]>(
        ...[null, "", "*", "x", "true", "self.x ==", "variables.v + variables.v", "^(a+)+$", "v1", "Webhook"],
        ...[0, -1, 1.5, 1e300, true, [], {}, [null], [{}], { type: "string" }, { matchLabels: { a: 1 } }],
      ),
      fc.jsonValue({ maxDepth: 2 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ at, which, value }) => {
      const { path, object } = policyObjects[which]!;
      const bent = replaced(object, at, value) as { metadata?: { name?: unknown } };
      const send = (method: string, to: string, body?: object) =>
        t.request(method, to, body ? { headers: json, body: JSON.stringify(body) } : {});
      const stored = await send("POST", path, bent);
      const about = `${path} ${JSON.stringify(bent)}`;
      expect(stored.status, `${about} -> ${stored.body.slice(0, 400)}`).toBeLessThan(500);
      for (const [method, to, body] of others) {
        const answer = await send(method, to, body);
        if (isWebhookFailure(answer)) continue;
        expect(answer.status, `${about}; ${method} ${to} -> ${answer.body.slice(0, 400)}`).toBeLessThan(500);
      }
      expect(logged.mock.calls, about).toEqual([]);
      if (stored.status < 300) {
        const { name } = (JSON.parse(stored.body) as { metadata: { name: string } }).metadata;
        expect((await send("DELETE", `${path}/${encodeURIComponent(name)}`)).status).toBeLessThan(500);
      }
    }),
    { numRuns: 60 },
  );
}, 300_000);

test("watches above the limit are refused, and the rest goes on", async () => {
  const small = await startTestCluster({ limits: { watchesMax: 3 } });
  const open: ClientRequest[] = [];
  const watch = async () => {
    const outgoing = small.open("GET", "/api/v1/pods?watch=1");
    open.push(outgoing);
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    response.on("error", () => undefined).resume(); // the test hangs up
    return response.statusCode;
  };
  try {
    // Those that are let in stay open until the end: no other finds a place, however slow it is to come.
    const watches = await Promise.all(Array.from({ length: 12 }, watch));
    expect(watches.filter((status) => status === 200)).toHaveLength(3);
    expect(watches.filter((status) => status === 429)).toHaveLength(9);
    expect((await small.request("GET", "/livez", {})).body).toBe("ok");
  } finally {
    for (const outgoing of open) outgoing.destroy();
    await small.close();
  }
});
