import { parseArgs } from "node:util";
import { asText, isGood } from "./report";
import { hasUpstream, runConformance, upstreamFolder } from "./run";

/** `npm run conformance -- [--json]`: the API server against upstream's own data. Exit code 1 when anything differs. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "boolean" } } });
  if (!hasUpstream) {
    console.error(`conformance: ${upstreamFolder} is absent: there is nothing to compare with.`);
    return 2;
  }
  const reports = await runConformance((text) => console.error(text));
  console.log(values.json ? JSON.stringify({ sets: reports }, null, 2) : asText(reports));
  return reports.every(isGood) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (failure: unknown) => {
    console.error(failure);
    process.exit(1);
  },
);
