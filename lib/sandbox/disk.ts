import { mkdir, open, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import type { Scope } from "@/lib/core/scope";
import { unmountBelow } from "./mounts";

/** What a lab can hold at most: a student who makes files in a loop fills the lab's own table and no other. */
const inodesMax = 100_000;

const freeBytesMin = 512 * 2 ** 20;

/**
 * The sparse, formatted ext4 image that disks of `bytes` are copied from (4 ms instead of a mkfs); made when first
 * asked for. Under 2 MB on the host whatever its size.
 */
export async function ensureDiskTemplate(dataDir: string, bytes: number): Promise<string> {
  const path = join(dataDir, "disk-templates", `ext4-${bytes}-${inodesMax}.img`);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(dirname(path), { recursive: true });
  const building = `${path}.${process.pid}`;
  try {
    const file = await open(building, "w", 0o600);
    try {
      await file.truncate(bytes);
    } finally {
      await file.close();
    }
    await runCommand([
      ...["mkfs.ext4", "-q", "-F", "-m", "0", "-N", String(inodesMax)],
      // Everything is written now: a lab's first minute must not be a background initialisation of its disk.
      ...["-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"],
      building,
    ]);
    await rename(building, path);
  } finally {
    await rm(building, { force: true });
  }
  return path;
}

/** Copies the template to `image` and mounts it on the folder `target` through a loop device of its own. */
export async function mountDisk(
  scope: Scope,
  options: { template: string; image: string; target: string },
): Promise<void> {
  await requireRoom(dirname(options.image));
  scope.defer(() => rm(options.image, { force: true }));
  await runCommand(["cp", "--sparse=always", "--reflink=auto", options.template, options.image]);
  scope.defer(() => unmountBelow(options.target));
  const mountOptions = "loop,noatime,nodev,nosuid,discard";
  await runCommand(["mount", "-t", "ext4", "-o", mountOptions, options.image, options.target]).catch(
    (failure: unknown) => {
      const error = AppError.from(failure);
      if (!/loop device/.test(error.message)) throw error;
      throw new AppError("exhausted", "The host has no free loop device: stop a lab, then try again.", {
        cause: failure,
      });
    },
  );
}

/** Images are sparse and grow: none is begun where those that exist could soon not go on. */
async function requireRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= freeBytesMin) return;
  throw new AppError(
    "exhausted",
    `${folder} has ${Math.floor(freeBytes / 2 ** 20)} MiB free and a new lab needs ${freeBytesMin / 2 ** 20}: ` +
      "stop a lab or free disk space, then try again.",
  );
}

/** Blocks of the host that the sparse image takes. */
export async function diskBytesUsed(image: string): Promise<number> {
  return (await stat(image)).blocks * 512;
}
