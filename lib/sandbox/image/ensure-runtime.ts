import { chmod, copyFile, mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The container runtime of nodes, in the folder of images. */
export const runtimeInImages = "runtime/crun";

/**
 * Puts crun of the node's base beside the images, which nodes have on a read-only mount: from anywhere else it would start
 * itself once more from such a mount each time, so that no container can write it (CVE-2019-5736), which takes 6 ms.
 */
export async function ensureRuntime(imagesFolder: string, baseRoot: string): Promise<void> {
  const source = join(baseRoot, "usr/bin/crun");
  const target = join(imagesFolder, runtimeInImages);
  const present = await readFile(target).catch(() => undefined);
  if (present?.equals(await readFile(source))) return;
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const draft = `${target}.${process.pid}`;
  await copyFile(source, draft);
  await chmod(draft, 0o755);
  await rename(draft, target);
}
