// Bundles every process entry (lib/**/main.ts, lib/**/*-main.ts) into dist/ with the same path; packages stay external,
// but for those of a bare control plane: to find and load their hundreds of files would take half of its start.
// Usage: node scripts/build.mjs
import { build } from "esbuild";
import { globSync } from "./glob.mjs";
import { bundleHash, bundleStamp } from "./setup/build.mjs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const hash = bundleHash();
// A build that is cut off is none.
bundleStamp.write("");
const entries = globSync(join(root, "lib"), (path) => /(^|[/-])main\.ts$/.test(path));
const withPackages = {
  // Native modules, and what ws can do without.
  external: ["better-sqlite3", "bufferutil", "utf-8-validate"],
  // CommonJS packages ask for Node's modules.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
};
const outcomes = await Promise.allSettled(
  entries.map((path) =>
    build({
      absWorkingDir: root,
      entryPoints: { [path.replace(/\.ts$/, "")]: join("lib", path) },
      outdir: "dist",
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      target: "node20.19",
      format: "esm",
      ...(path.startsWith("cli/cluster") ? withPackages : { packages: "external" }),
      // The alias is the project's own, not a package: resolve it before packages are set aside.
      alias: { "@": root },
      sourcemap: "linked",
      logLevel: "warning",
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
