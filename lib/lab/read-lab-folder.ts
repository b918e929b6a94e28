import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import type { LabFiles } from "@/lib/contract/lab";

const filesMax = 500;
const bytesMax = 4 << 20;

/**
 * The files of a lab's folder, by path relative to it. Hidden files, editors' leftovers (`x~`) and tests (`*.test.ts`)
 * are not part of a lab. Throws `not-found` when there is no such folder and `invalid` when it is far too large.
 */
export async function readLabFolder(folder: string): Promise<LabFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new AppError("not-found", `There is no lab folder ${folder}.`, { cause });
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.replace(/\/+$/, "").length + 1))
    .filter((path) => !path.split("/").some((part) => part.startsWith(".") || part.endsWith("~")))
    .filter((path) => !path.endsWith(".test.ts"))
    .sort();
  if (paths.length > filesMax)
    throw new AppError("invalid", `${folder} holds ${paths.length} files: a lab has at most ${filesMax}.`);
  const files: LabFiles = {};
  let bytes = 0;
  for (const path of paths) {
    bytes += (await stat(join(folder, path))).size;
    if (bytes > bytesMax)
      throw new AppError("invalid", `${folder} is larger than ${bytesMax} bytes: too large for a lab.`);
    files[path] = await readFile(join(folder, path), "utf8");
  }
  return files;
}
