import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import { addedPrefix, readAddedImages, type AddedImage } from "./added-images";
import { makeMountPoints } from "./mount-points";
import { parseImageReference } from "./reference";

export interface AddImageOptions {
  dataDir: string;
  /** A folder with an OCI layout, a tar of one or of `docker save`, or docker://REFERENCE. */
  source: string;
  /** What pods will call it; default: the name in docker://. */
  reference?: string;
  /** Hosts that docker:// may name; "http://HOST" for one without TLS. */
  registries: readonly string[];
}

const copyTimeoutMs = 600_000;

/**
 * Unpacks an image into `dataDir`/images with skopeo and umoci, in the place of one that has its name. Throws `invalid`
 * for what is not an image or has no name, `forbidden` for a registry that is not allowed, `unavailable` when a tool is
 * missing.
 */
export async function addImage(options: AddImageOptions): Promise<AddedImage> {
  const { dataDir, registries } = options;
  const source = await sourceOf(options.source, registries);
  const reference = parseImageReference(options.reference ?? source.reference ?? "");
  if (!reference)
    throw new AppError("invalid", `Give the name that pods use for the image: --as REGISTRY/NAME:TAG.`);
  const images = join(dataDir, "images");
  await mkdir(images, { recursive: true });
  // Beside its place, so that it can be moved there.
  const scratch = await mkdtemp(join(images, ".adding-"));
  try {
    const layout = join(scratch, "layout");
    await tool([
      ...["skopeo", "copy", "--quiet", "--insecure-policy"],
      ...(source.isPlainHttp ? ["--src-tls-verify=false"] : []),
      ...[source.transport, `oci:${layout}:image`],
    ]);
    await tool(["umoci", "unpack", "--image", `${layout}:image`, join(scratch, "bundle")]);
    const root = join(scratch, "bundle/rootfs");
    const { digest, config } = await readConfig(layout);
    await makeMountPoints(root);
    const { stdout } = await runCommand(["du", "-s", "-B1", root]);
    const image: AddedImage = {
      reference: reference.name,
      imageId: digest,
      sizeBytes: Number(stdout.split("\t")[0]),
      entrypoint: config.Entrypoint ?? [],
      cmd: config.Cmd ?? [],
      env: Object.fromEntries((config.Env ?? []).map(splitAssignment)),
      workingDir: config.WorkingDir || "/",
      user: await userOf(root, config.User ?? ""),
    };
    const hash = createHash("sha256").update(`${image.reference} ${digest}`).digest("hex").slice(0, 16);
    const target = join(images, `${addedPrefix}${hash}`);
    await mkdir(join(scratch, "image"));
    await rename(root, join(scratch, "image/root"));
    await writeFile(join(scratch, "image/image.json"), `${JSON.stringify(image, null, 2)}\n`);
    await removeImage(dataDir, image.reference, target);
    if (!existsSync(target)) await rename(join(scratch, "image"), target);
    return image;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes an added image by its name; `keep` is left. True when there was one. */
export async function removeImage(dataDir: string, reference: string, keep?: string): Promise<boolean> {
  const name = parseImageReference(reference)?.name;
  const found = (await readAddedImages(dataDir)).filter((image) => image.name === name);
  for (const { key } of found) {
    const folder = join(dataDir, "images", key);
    if (folder !== keep) await rm(folder, { recursive: true, force: true });
  }
  return found.length > 0;
}

interface Source {
  /** As skopeo names it. */
  transport: string;
  reference?: string;
  isPlainHttp: boolean;
}

async function sourceOf(text: string, registries: readonly string[]): Promise<Source> {
  const remote = /^docker:\/\/(.+)$/.exec(text)?.[1];
  if (remote !== undefined) {
    const reference = parseImageReference(remote);
    if (!reference) throw new AppError("invalid", `${JSON.stringify(remote)} is not an image reference.`);
    const isPlainHttp = registries.includes(`http://${reference.registry}`);
    if (!isPlainHttp && !registries.includes(reference.registry))
      throw new AppError(
        "forbidden",
        `Images of ${reference.registry} may not be fetched: add it to EXAMCTL_IMAGE_REGISTRIES to allow it.`,
      );
    return { transport: `docker://${reference.name}`, reference: reference.name, isPlainHttp };
  }
  const path = resolve(text);
  const info = await stat(path).catch((cause: unknown) => {
    throw new AppError("not-found", `There is no file or folder ${path}.`, { cause });
  });
  if (info.isDirectory()) {
    if (!existsSync(join(path, "oci-layout")))
      throw new AppError("invalid", `${path} is no OCI image layout: it has no file oci-layout.`);
    return { transport: `oci:${path}`, isPlainHttp: false };
  }
  const { stdout } = await runCommand(["tar", "--list", "--file", path], { timeoutMs: copyTimeoutMs });
  const isLayout = /^(\.\/)?oci-layout$/m.test(stdout);
  return { transport: `${isLayout ? "oci-archive" : "docker-archive"}:${path}`, isPlainHttp: false };
}

async function tool(argv: string[]): Promise<void> {
  await runCommand(argv, { timeoutMs: copyTimeoutMs }).catch((cause: unknown) => {
    const error = AppError.from(cause);
    throw error.code === "unavailable"
      ? new AppError("unavailable", `${argv[0]} is missing: install the Debian packages skopeo and umoci.`, {
          cause,
        })
      : new AppError("invalid", `The image cannot be read: ${(cause as Error).message}`, { cause });
  });
}

const descriptor = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });
const imageConfig = z.object({
  Entrypoint: z.array(z.string()).nullish(),
  Cmd: z.array(z.string()).nullish(),
  Env: z.array(z.string()).nullish(),
  WorkingDir: z.string().nullish(),
  User: z.string().nullish(),
});

/** The image's configuration and its digest, which is the image's id. */
async function readConfig(layout: string): Promise<{ digest: string; config: z.infer<typeof imageConfig> }> {
  const json = async (path: string) => JSON.parse(await readFile(join(layout, path), "utf8")) as unknown;
  const blob = (digest: string) => json(`blobs/${digest.replace(":", "/")}`);
  const index = z.object({ manifests: z.array(descriptor).min(1) }).parse(await json("index.json"));
  const manifest = z.object({ config: descriptor }).parse(await blob(index.manifests[0]!.digest));
  const { digest } = manifest.config;
  const { config = {} } = z.object({ config: imageConfig.optional() }).parse(await blob(digest));
  return { digest, config };
}

function splitAssignment(text: string): [string, string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** "1000", "1000:1000", "nginx" by the image's own /etc/passwd. Throws `invalid` for a name that it does not know. */
async function userOf(root: string, text: string): Promise<{ uid: number; gid: number }> {
  if (text === "") return { uid: 0, gid: 0 };
  const [user = "", group] = text.split(":");
  const lookUp = async (file: string, name: string) => {
    // Not through a link that leads out of the image.
    const folder = await readdir(join(root, "etc"), { withFileTypes: true }).catch(() => []);
    if (!folder.some((entry) => entry.name === file && entry.isFile())) return undefined;
    const lines = (await readFile(join(root, "etc", file), "utf8")).split("\n");
    return lines.map((line) => line.split(":")).find((fields) => fields[0] === name || fields[2] === name);
  };
  const known = await lookUp("passwd", user);
  if (!known && !/^\d+$/.test(user))
    throw new AppError("invalid", `The image starts as ${JSON.stringify(user)}, whom its /etc/passwd lacks.`);
  const knownGroup = group === undefined ? undefined : await lookUp("group", group);
  return {
    uid: Number(known?.[2] ?? user),
    gid: Number(group === undefined ? (known?.[3] ?? 0) : (knownGroup?.[2] ?? group)),
  };
}
