import { chmod, lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";

/** Mount points that a container's root must have: the root itself is read-only while its mounts are made. */
const folders: [path: string, mode: number][] = [
  [".", 0o755],
  ...["dev", "etc", "proc", "run", "run/examctl", "sys", "var"].map((path): [string, number] => [
    path,
    0o755,
  ]),
  ["root", 0o700],
  ["tmp", 0o1777],
];

/** Makes what a root lacks of them; what is there stays, and no link is followed. */
export async function makeMountPoints(root: string): Promise<void> {
  for (const [path, mode] of folders) {
    let at = root;
    let isLink = false;
    for (const part of path.split("/")) {
      at = join(at, part);
      isLink ||= (await lstat(at).catch(() => undefined))?.isSymbolicLink() ?? false;
    }
    if (isLink) continue;
    await mkdir(at, { recursive: true });
    await chmod(at, mode);
  }
}
