import { join } from "node:path";
import { build } from "esbuild";
import { projectRoot } from "@/lib/core/paths";

/** Builds the checker's worker for a test, apart from `dist/`, so that tests never meet an older build. */
export async function buildWorker(): Promise<string> {
  // Below the project, because the bundle resolves its packages from where it lies.
  const outfile = join(projectRoot, "node_modules/.cache/examctl", `checker-main-${process.pid}.mjs`);
  await build({
    absWorkingDir: projectRoot,
    entryPoints: ["lib/checker/host/checker-main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    alias: { "@": projectRoot },
    logLevel: "error",
  });
  return outfile;
}
