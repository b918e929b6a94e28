import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "@/lib/core/paths";
import { asJson, asTable, requireComparable, type Bench } from "./report";

/** Files of this folder that are no benchmarks. */
const helpers = ["main.ts", "report.ts", "pooled-start.ts"];

/** `npm run bench -- NAME [--json] [--quick]`: runs `bench/<NAME>.ts`; the result alone goes to standard output. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, quick: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  const folder = join(projectRoot, "bench");
  const names = readdirSync(folder)
    .filter((file) => /^[a-z][a-z0-9-]*\.ts$/.test(file) && !helpers.includes(file))
    .map((file) => file.slice(0, -3));
  const [name] = positionals;
  if (values.help || name === undefined || !names.includes(name)) {
    console.error(`Usage: npm run bench -- NAME [--json] [--quick]\nBenchmarks: ${names.join(", ")}`);
    return values.help ? 0 : 2;
  }
  const { default: run, metrics } = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as {
    default: Bench;
    metrics?: readonly string[];
  };
  const results = await run({
    log: (text) => console.error(text),
    quick: values.quick ?? false,
  });
  if (metrics) requireComparable(results, metrics);
  console.log(values.json ? asJson(name, results) : asTable(name, results));
  return 0;
}

main().then(
  (code) => process.exit(code),
  (failure: unknown) => {
    console.error(failure);
    process.exit(1);
  },
);
