import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

test("every document that /openapi/v3 lists is there, those of groups and roots among them", async () => {
  const { paths } = (await t.fetchJson("/openapi/v3", "application/json")) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([
      "api",
      "api/v1",
      "apis",
      "apis/apps",
      "apis/apps/v1",
      "version",
      "logs",
      ".well-known/openid-configuration",
      "openid/v1/jwks",
    ]),
  );
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const document = (await t.fetchJson(serverRelativeURL, "application/json")) as { paths?: object };
    expect([path, Object.keys(document.paths ?? {}).length > 0]).toEqual([path, true]);
  }
});

test("/openapi/v2 is had as JSON and as protobuf", async () => {
  const get = (accept: string) => t.request("GET", "/openapi/v2", { headers: { accept } });
  const json = await get("application/json");
  expect((JSON.parse(json.body) as { swagger: string }).swagger).toBe("2.0");
  const binary = await get("application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
  expect(binary.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  // Field 1 of the message, a string: the version of the format.
  expect(binary.body.slice(0, 5)).toBe("\n\u00032.0");
});
