import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Makes the folder `path` with `fill`, all or nothing: it is filled under another name beside it and renamed when
 * done, so that a failed or killed build leaves no folder called `path`. Returns at once when it exists already.
 */
export async function atomicFolder(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (await exists(path)) return;
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const folder = join(parent, `.building-${process.pid}-${basename(path)}`);
  try {
    await mkdir(folder);
    await fill(folder);
    await rename(folder, path).catch(async (failure: NodeJS.ErrnoException) => {
      // Another process was faster: its folder has the same content.
      if (failure.code !== "ENOTEMPTY" && failure.code !== "EEXIST") throw failure;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what builders that are no longer alive left behind. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = /^\.building-(\d+)-/.exec(name)?.[1];
    if (pid && !(await exists(`/proc/${pid}`)))
      await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
