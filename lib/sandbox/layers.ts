import { chown, mkdir } from "node:fs/promises";
import { runCommand } from "@/lib/core/run-command";
import { nativeBinary } from "./native";
import { idsPerSlot } from "./slots";
import type { NodePaths } from "./paths";

/** Mounts each source read-only on its target with owners shifted into the lab's uid range. 2 ms. */
export async function mountShifted(baseId: number, pairs: [source: string, target: string][]): Promise<void> {
  for (const [, target] of pairs) await mkdir(target, { recursive: true, mode: 0o711 });
  await runCommand([
    nativeBinary("examctl-mount-idmapped"),
    String(baseId),
    String(idsPerSlot),
    ...pairs.flat(),
  ]);
}

/** Makes a node's own folders on the lab's disk, owned by the lab's root. */
export async function makeNodeFolders(node: NodePaths, baseId: number): Promise<void> {
  await mkdir(node.onDisk, { recursive: true, mode: 0o711 });
  for (const folder of [node.upper, node.work, node.containerd]) {
    await mkdir(folder, { mode: 0o755 });
    await chown(folder, baseId, baseId);
  }
}

/** Mounts the node's root: the lab's own upper folder over the shared layers. */
export async function mountNodeRoot(node: NodePaths, layers: string[]): Promise<void> {
  await mkdir(node.root, { recursive: true, mode: 0o711 });
  const options = `lowerdir=${layers.join(":")},upperdir=${node.upper},workdir=${node.work}`;
  await runCommand([
    "mount",
    "--no-canonicalize",
    "--internal-only",
    "-t",
    "overlay",
    "-o",
    `nodev,${options}`,
    "overlay",
    node.root,
  ]);
}
