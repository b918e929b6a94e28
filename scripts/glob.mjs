import { readdirSync } from "node:fs";
import { join } from "node:path";

/** All files below `folder` whose path relative to it satisfies `matches`, sorted. */
export function globSync(folder, matches, prefix = "") {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix ? `${prefix}/${entry.name}` : entry.name;
      if (entry.isDirectory()) return globSync(folder, matches, path);
      return matches(path) ? [path] : [];
    })
    .sort();
}
