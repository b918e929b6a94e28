import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import { nativeBinary } from "../native";
import { atomicFolder } from "../rootfs/atomic-folder";
import { extractPackages, hostCodename } from "../rootfs/build-base";
import { ensureNodeBase, ensureNodeTools } from "../rootfs/ensure-node-root";
import { fetchSource } from "../rootfs/fetch-source";
import { recipeHash } from "../rootfs/recipe-hash";
import { readAddedImages } from "./added-images";
import { LayerBuilder } from "./layer-builder";
import { makeMountPoints } from "./mount-points";
import { readImageRecipes, type ImageRecipe } from "./recipe";

/** An image of the catalogue whose root file system is built. */
export interface Image {
  name: string;
  references: string[];
  /** Which tags there are, as a regular expression; undefined: all that the references allow. */
  tags?: string;
  /** "sha256:" and 64 digits, stable for the same recipe. */
  imageId: string;
  /** Folder under dataDir/images. */
  key: string;
  /** Folders under dataDir/images whose `root`s lie one on another, uppermost first: its own, then its bases'. */
  layers: string[];
  sizeBytes: number;
  entrypoint: string[];
  cmd: string[];
  env: Record<string, string>;
  workingDir: string;
  user: { uid: number; gid: number };
  component: boolean;
  /** Has a bundle of certificate authorities: those of the lab are laid over it. */
  authorities: boolean;
}

export interface EnsureImagesOptions {
  onProgress?: (line: string) => void;
}

/**
 * Makes sure that every image of the catalogue is under `dataDir`/images and returns them. Each is keyed by a hash of
 * its recipe: changing one rebuilds one. Throws `unavailable` when a native binary or the package archive is missing.
 */
export async function ensureImages(dataDir: string, options: EnsureImagesOptions = {}): Promise<Image[]> {
  const { onProgress = () => undefined } = options;
  const recipes = new Map((await readImageRecipes()).map((recipe) => [recipe.name, recipe]));
  const base = await ensureNodeBase(dataDir, options);
  const builder = new LayerBuilder(join(base, "root"), onProgress);
  const context = { dataDir, base, builder, codename: await hostCodename(), onProgress };
  const built = new Map<string, Promise<Layer>>();
  const layerOf = (name: string, above: string[]): Promise<Layer> => {
    const recipe = recipes.get(name);
    if (!recipe || above.includes(name))
      throw new AppError("invalid", `images/${above.at(-1)}/image.yaml: there is no base ${name}.`);
    const known = built.get(name);
    if (known) return known;
    const layer = (async () => {
      const below = recipe.base === undefined ? undefined : await layerOf(recipe.base, [...above, name]);
      return ensureLayer(context, recipe, below);
    })();
    built.set(name, layer);
    return layer;
  };
  try {
    const images: Image[] = [];
    // One after another: each build uses the whole machine already.
    for (const recipe of recipes.values()) images.push(...imagesOf(recipe, await layerOf(recipe.name, [])));
    return [...images, ...(await readAddedImages(dataDir))];
  } finally {
    await builder.close();
  }
}

interface Context {
  dataDir: string;
  /** Folder of the node's base system. */
  base: string;
  builder: LayerBuilder;
  codename: string;
  onProgress: (line: string) => void;
}

/** One recipe's files, and those below. */
interface Layer {
  keys: string[];
  sizeBytes: number;
}

function imagesOf(recipe: ImageRecipe, { keys, sizeBytes }: Layer): Image[] {
  const starts = [recipe, ...recipe.variants.map((variant) => ({ ...recipe, tags: undefined, ...variant }))];
  return starts
    .filter(({ references }) => references.length > 0)
    .map(({ references, tags, entrypoint, cmd, env, workingDir, user }, index) => ({
      ...{ name: recipe.name, references, entrypoint, cmd, env, workingDir, user },
      ...(tags === undefined ? {} : { tags }),
      component: recipe.component,
      authorities: recipe.authorities,
      key: keys[0]!,
      layers: keys,
      sizeBytes,
      imageId: imageIdOf(`${keys[0]}${index === 0 ? "" : ` ${index}`}`),
    }));
}

async function ensureLayer(context: Context, recipe: ImageRecipe, below: Layer | undefined): Promise<Layer> {
  const { dataDir, base, builder, codename, onProgress } = context;
  const native = Object.fromEntries(
    Object.entries(recipe.native).map(([path, name]) => [path, nativeBinary(name)]),
  );
  for (const binary of Object.values(native))
    if (!existsSync(binary))
      throw new AppError("unavailable", `${binary} is missing: build it with make -C native.`);
  const shared =
    recipe.shares === undefined
      ? undefined
      : recipe.shares === "base"
        ? base
        : await ensureNodeTools(dataDir, { onProgress });
  const inputs = [recipe.files, recipe.customise].filter((path) => path !== undefined);
  const texts = [JSON.stringify(recipe.native), JSON.stringify(recipe.packages), codename, process.arch];
  if (recipe.source) texts.push(recipe.source);
  if (recipe.without.length > 0) texts.push(JSON.stringify(recipe.without));
  if (shared) texts.push(basename(shared));
  if (below) texts.push(...below.keys);
  const hash = await recipeHash(texts, [...Object.values(native), ...inputs]);
  const key = `${recipe.name}-${hash}`;
  const folder = join(dataDir, "images", key);
  const rootOf = (one: string) => join(dataDir, "images", one, "root");
  await atomicFolder(folder, async (building) => {
    onProgress(`building the image ${recipe.name}`);
    const root = join(building, "root");
    const { packages, without, files, customise } = recipe;
    if (shared) await shareNodeLayer(join(shared, "root"), root, customise);
    else if (below)
      await builder.build(
        { lower: below.keys.map(rootOf), packages, without, files, native, customise },
        root,
      );
    else {
      if (packages.length > 0) {
        const extracted = await ensurePackages(dataDir, packages, codename, onProgress);
        await runCommand(["cp", "-a", "--reflink=auto", extracted, root], { timeoutMs: 120_000 });
      }
      const source = join(building, "source");
      if (recipe.source !== undefined) await fetchSource(codename, recipe.source, source);
      await buildRoot(recipe, root, recipe.source === undefined ? [] : [source]);
      await rm(source, { recursive: true, force: true });
    }
    const { stdout } = await runCommand(["du", "-s", "-B1", root]);
    await writeFile(join(building, "size"), stdout.split("\t")[0]!);
  });
  const ownBytes = Number(await readFile(join(folder, "size"), "utf8"));
  return { keys: [key, ...(below?.keys ?? [])], sizeBytes: ownBytes + (below?.sizeBytes ?? 0) };
}

/** Hard links where the file system has them: no byte is stored twice. */
async function shareNodeLayer(layer: string, root: string, customise: string | undefined): Promise<void> {
  const timeoutMs = 120_000;
  await runCommand(["cp", "-al", layer, root], { timeoutMs }).catch(async () => {
    await rm(root, { recursive: true, force: true });
    await runCommand(["cp", "-a", "--reflink=auto", layer, root], { timeoutMs });
  });
  if (customise) await runCommand([customise, root], { timeoutMs });
}

function imageIdOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Extracted packages, kept for the next image that asks for the same ones, and for its next build. */
async function ensurePackages(
  dataDir: string,
  packages: string[],
  codename: string,
  onProgress: (line: string) => void,
): Promise<string> {
  const key = await recipeHash(
    ["packages", JSON.stringify([...packages].sort()), codename, process.arch],
    [],
  );
  const folder = join(dataDir, "images", `packages-${key}`);
  await atomicFolder(folder, (building) =>
    extractPackages(codename, packages, join(building, "root"), onProgress),
  );
  return join(folder, "root");
}

/** `sources`: what the recipe's script gets beside the root. */
async function buildRoot(recipe: ImageRecipe, root: string, sources: string[]): Promise<void> {
  await mkdir(root, { recursive: true });
  await makeMountPoints(root);
  if (!existsSync(join(root, "etc/passwd"))) await writeFile(join(root, "etc/passwd"), passwd);
  if (!existsSync(join(root, "etc/group"))) await writeFile(join(root, "etc/group"), group);
  if (recipe.files) await cp(recipe.files, root, { recursive: true, verbatimSymlinks: true });
  for (const [path, binary] of Object.entries(recipe.native)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await copyFile(nativeBinary(binary), join(root, path));
    await chmod(join(root, path), 0o755);
  }
  if (recipe.customise) await runCommand([recipe.customise, root, ...sources], { timeoutMs: 600_000 });
}

const passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
const group = "root:x:0:\nnogroup:x:65534:\n";
