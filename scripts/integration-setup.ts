import { spawnSync } from "node:child_process";
import { projectRoot } from "@/lib/core/paths";

/** Child processes and workers run from dist/: build it from the source under test. A test of an entry that does not build fails by itself. */
export default function setup(): void {
  spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: projectRoot, stdio: "inherit" });
}
