// Bundles every process entry (lib/**/main.ts, lib/**/*-main.ts) into dist/ with the same path; packages stay external,
// but for those of a bare control plane: to find and load their hundreds of files would take half of its start.
// Usage: node scripts/build.mjs
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import vm from "node:vm";
import { build } from "esbuild";
import { globSync } from "./glob.mjs";
import { bundleHash, bundleStamp } from "./setup/build.mjs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const hash = bundleHash();
// A build that is cut off is none.
bundleStamp.write("");
const entries = globSync(join(root, "lib"), (path) => /(^|[/-])main\.ts$/.test(path));
const compiledEntry = "cli/cluster/run-cluster-main.ts";
const withPackages = {
  // Native modules, and what ws can do without.
  external: ["better-sqlite3", "bufferutil", "utf-8-validate"],
  // CommonJS packages ask for Node's modules.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
};
const common = (path) => ({
  absWorkingDir: root,
  entryPoints: { [path.replace(/\.ts$/, "")]: join("lib", path) },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20.19",
  // The alias is the project's own, not a package: resolve it before packages are set aside.
  alias: { "@": root },
  logLevel: "warning",
});
const outcomes = await Promise.allSettled(
  entries.map((path) =>
    path === compiledEntry
      ? buildCompiled(path)
      : build({
          ...common(path),
          outExtension: { ".js": ".mjs" },
          format: "esm",
          ...(path.startsWith("cli/cluster") ? withPackages : { packages: "external" }),
          sourcemap: "linked",
        }),
  ),
);
const failed = entries.filter((_, index) => outcomes[index].status === "rejected");
console.log(`built ${entries.length - failed.length} entries into dist/`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}
bundleStamp.write(hash);

/**
 * The API server of a bare control plane as the text of one function, and beside it what V8 makes of that text: reading and
 * compiling 2 MB is a fifth of its start otherwise. lib/cli/cluster/load-server.ts loads the two.
 */
async function buildCompiled(path) {
  const { outputFiles } = await build({
    ...common(path),
    external: withPackages.external,
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    define: { "import.meta.url": "entryUrl" },
    banner: { js: "(function (module, require, entryUrl) {" },
    footer: { js: "})" },
    write: false,
  });
  const [{ path: target, text }] = outputFiles;
  // One byte a character: V8 takes it as it is. What is left beyond ASCII stands in regular expressions.
  const source = text.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const script = new vm.Script(source, { filename: target });
  // Run once, so that what every start needs is compiled, too.
  script.runInThisContext()({ exports: {} }, createRequire(target), pathToFileURL(target).href);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, source);
  await writeFile(`${target}.v8`, script.createCachedData());
}
