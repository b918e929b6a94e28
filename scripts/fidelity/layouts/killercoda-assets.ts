import { basename, join } from "node:path";
import { z } from "zod";
import type { PublicLab } from "../lab";
import { filesIn, workDir } from "./files";

export const assetList = z.record(
  z.string(),
  z.array(z.looseObject({ file: z.string(), target: z.string(), chmod: z.string().optional() })),
);

type Files = NonNullable<PublicLab["files"]>;

/**
 * The files of `assets/`: all of them beside the scripts, and those that index.json names where it wants them. A pattern with
 * folders in it keeps them below its target.
 */
export async function assetsOf(folder: string, listed: z.infer<typeof assetList>): Promise<Files> {
  const root = join(workDir, "assets");
  const all = await filesIn(join(folder, "assets"), root);
  const placed = Object.entries(listed).flatMap(([host, entries]) =>
    entries.flatMap(({ file, target, chmod }) => {
      const pattern = patternOf(file);
      return all
        .map((one) => ({ ...one, name: one.path.slice(root.length + 1) }))
        .filter(({ name }) => pattern.test(name))
        .map(({ name, content, mode }) => ({
          node: host === "host02" || host === "node01" ? "node01" : "controlplane",
          path: join(target.replace(/^~/, workDir), file.includes("*") ? name : basename(name)),
          content,
          mode: chmod === undefined || !chmod.includes("x") ? (mode ?? 0o644) : 0o755,
        }));
    }),
  );
  return [...all, ...placed];
}

/** "**" stands for any folders, "*" for anything in a name. */
function patternOf(glob: string): RegExp {
  const parts = glob
    .split(/(\*\*\/?|\*)/)
    .map((part) =>
      part.startsWith("**") ? ".*" : part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"),
    );
  return new RegExp(`^${parts.join("")}$`);
}
