import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "@/lib/core/paths";
import { startApi } from "./api-under-test";
import { checkDiscovery } from "./discovery";
import { checkFixtures } from "./fixtures";
import { checkAddons, checkGatewayApi, checkWebsiteExamples } from "./manifests";
import { checkOpenapi } from "./openapi";
import { checkPrinters } from "./printers";
import type { SetReport } from "./report";
import { checkRoundTrips } from "./round-trip";

/** Upstream's data, beside the project. */
export const upstreamFolder = join(projectRoot, "..", "shared", "upstream");
export const hasUpstream = existsSync(upstreamFolder);

/** Every set in turn; `log` is told which. */
export async function runConformance(log: (text: string) => void): Promise<SetReport[]> {
  const api = await startApi();
  const reports: SetReport[] = [];
  const sets = {
    "api-fixtures": () => checkFixtures(api, upstreamFolder),
    "round-trips": () => checkRoundTrips(upstreamFolder),
    openapi: () => checkOpenapi(api, upstreamFolder),
    discovery: () => checkDiscovery(api, upstreamFolder),
    printers: () => checkPrinters(api, upstreamFolder),
    "website-examples": () => checkWebsiteExamples(upstreamFolder),
    addons: () => checkAddons(upstreamFolder),
    "gateway-api": () => checkGatewayApi(upstreamFolder),
  };
  try {
    for (const [name, check] of Object.entries(sets)) {
      log(`${name} ...`);
      reports.push(await check());
    }
  } finally {
    await api.close();
  }
  return reports;
}
