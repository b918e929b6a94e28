import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocalNginx, type LocalNginx } from "@/lib/cluster/addons/ingress-nginx/testing/local-nginx";
import { projectRoot } from "@/lib/core/paths";
import { echoBackends, gatewayImage } from "./echo-backends";
import { readExpectations } from "./expectations";
import { runTest, type TestReport } from "./run-conformance";

const folder = join(projectRoot, "../shared/upstream/gateway-api/conformance");

describe.skipIf(!existsSync(folder))("the Gateway API's conformance", () => {
  let nginx: LocalNginx;
  const reports: TestReport[] = [];
  beforeAll(async () => {
    const tests = readExpectations(folder);
    nginx = await startLocalNginx(echoBackends(folder, tests), gatewayImage);
    for (const one of tests) reports.push(await runTest(folder, one, nginx));
  }, 300_000);
  afterAll(() => nginx?.stop());

  const of = (result: TestReport["result"]) => reports.filter((one) => one.result === result);
  const shown = ({ name, reasons }: TestReport) => `${name}: ${[...new Set(reasons)].join("; ")}`;

  test("every test of a supported feature passes", () => {
    expect(of("failed").map(shown)).toEqual([]);
    expect(of("passed").length).toBeGreaterThanOrEqual(88);
    expect(reports.reduce((sum, { checks }) => sum + checks, 0)).toBeGreaterThan(320);
  });

  test("what is left out says why", () => {
    expect(of("skipped").filter(({ reasons }) => reasons.length === 0)).toEqual([]);
  });

  test("the core of HTTPRoute, Gateway and ReferenceGrant is complete", () => {
    const core = new Set(["Gateway", "HTTPRoute", "ReferenceGrant"]);
    const left = of("skipped").filter(({ features }) => features.every((feature) => core.has(feature)));
    expect(left.map(({ name }) => name)).toEqual([]);
  });
});
