import { existsSync } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { PublicLab, Script } from "../lab";

export const workDir = "/root";

/** The script in a file, or none when there is no such file. */
export async function scriptIn(
  folder: string,
  name: string | undefined,
  args: string[] = [],
): Promise<Script[]> {
  if (name === undefined || !existsSync(join(folder, name))) return [];
  return [{ name, text: await readFile(join(folder, name), "utf8"), args }];
}

/** All text files of a folder, placed below `target` on the control plane. */
export async function filesIn(folder: string, target: string): Promise<NonNullable<PublicLab["files"]>> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mode, size } = await stat(path);
      if (!(await stat(path)).isFile() || size > 200_000) return [];
      const content = await readFile(path);
      if (content.includes(0)) return [];
      const place = join(target, relative(folder, path));
      return [{ node: "controlplane", path: place, content: content.toString("utf8"), mode: mode & 0o777 }];
    }),
  );
  return files.flat();
}

/** The part of a text from the heading that names question `number` to the next one of its level. */
export function sectionOf(markdown: string, number: string): string {
  const lines = markdown.split("\n");
  const isHead = (line: string) => /^(#{1,4})\s+.*?\b(?:question|q|task)\s*\.?\s*(\d+)\b/i.exec(line);
  const start = lines.findIndex((line) => isHead(line)?.[2] === number);
  if (start < 0) return "";
  const level = isHead(lines[start]!)![1]!.length;
  const length = lines.slice(start + 1).findIndex((line) => {
    const head = /^(#{1,4})\s/.exec(line);
    return isHead(line) !== null && head![1]!.length <= level;
  });
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}
