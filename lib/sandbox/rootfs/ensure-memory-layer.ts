import { copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runCommand } from "@/lib/core/run-command";
import { listMounts } from "../mounts";

const program = "usr/local/bin/kubectl";

/**
 * A layer for above `tools`, under `folder`, with a copy of kubectl that lies in memory on huge pages: the program of
 * every second command is 57 MB, which a disk's page cache gives it 64 KiB a page fault. Mounted once in labd's mount
 * namespace. Throws where the kernel has no huge pages for tmpfs.
 */
export async function ensureMemoryLayer(tools: string, folder: string): Promise<string> {
  const layer = join(folder, basename(dirname(tools)));
  if ((await listMounts()).some(({ target }) => target === layer)) return layer;
  const onMount = ["--no-canonicalize", "--internal-only"];
  await mkdir(layer, { recursive: true, mode: 0o711 });
  await runCommand([
    "mount",
    ...onMount,
    "-t",
    "tmpfs",
    "-o",
    "huge=always,size=256m,mode=755",
    "tools",
    layer,
  ]);
  await mkdir(join(layer, dirname(program)), { recursive: true, mode: 0o755 });
  await copyFile(join(tools, program), join(layer, program)); // with its mode
  await runCommand(["mount", ...onMount, "-o", "remount,ro", layer]);
  return layer;
}
