import { createHash, type Hash } from "node:crypto";
import { lstat, readFile, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** A hash (16 hexadecimal digits) of texts and of whole files or folders: contents, names, modes and links. */
export async function recipeHash(texts: string[], paths: string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`text ${text.length}\n${text}`);
  for (const path of paths) await addPath(hash, path, "");
  return hash.digest("hex").slice(0, 16);
}

async function addPath(hash: Hash, path: string, name: string): Promise<void> {
  const info = await lstat(path);
  hash.update(`${name} ${info.mode.toString(8)}\n`);
  if (info.isSymbolicLink()) hash.update(await readlink(path));
  else if (info.isFile()) hash.update(await readFile(path));
  else
    for (const child of (await readdir(path)).sort())
      await addPath(hash, join(path, child), `${name}/${child}`);
}
