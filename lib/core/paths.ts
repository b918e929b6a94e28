import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json, found upwards from this file, in source and in `dist` alike. */
export const projectRoot: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error("examctl: no package.json above " + fileURLToPath(import.meta.url));
    folder = parent;
  }
  return folder;
})();

/**
 * A path below the project. Where pages may reach the code, use this and not `join(projectRoot, "var")`: the bundler of
 * the pages reads such an expression as "all files in var/ belong to the bundle".
 */
export function projectPath(...parts: string[]): string {
  return join(projectRoot, ...parts);
}

/**
 * The built file of an entry, for child processes and workers: `builtEntry("clusterd/shard-main")` is
 * `dist/clusterd/shard-main.mjs`. `node scripts/build.mjs` makes it.
 */
export function builtEntry(name: string): string {
  return join(projectRoot, "dist", `${name}.mjs`);
}
