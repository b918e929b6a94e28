import { createHash } from "node:crypto";
import { AppError } from "@/lib/core/app-error";
import { DockerError } from "../engine/docker-error";
import type { HostImage } from "../host";
import { needArguments, type DockerCall, type DockerCommand } from "./command";
import { parseFlags } from "./flags";
import { showList } from "./show";
import { familiarName, goTime, humanDuration, humanSize, shortId } from "./units";

/** The image of a reference, from the catalogue. Throws DockerError in the registry's words. */
export async function lookUp({ engine }: DockerCall, reference: string): Promise<HostImage> {
  if (
    !/^[a-z0-9][a-z0-9._:/@-]*$/i.test(reference) ||
    (/[A-Z]/.test(reference.split(":")[0]!) && !reference.includes("/"))
  )
    throw new DockerError(
      /[A-Z]/.test(reference)
        ? `invalid reference format: repository name (library/${reference.split(":")[0]}) must be lowercase`
        : "invalid reference format",
    );
  try {
    return await engine.host.findImage(reference);
  } catch (failure) {
    if (AppError.from(failure).code !== "not-found") throw failure;
    const { repository, tag } = familiarName(reference);
    const known = await engine.host.findImage(repository).catch(() => undefined);
    const [registry = ""] = reference.split("/");
    if (known)
      throw new DockerError(
        `manifest for ${repository}:${tag} not found: manifest unknown: manifest unknown`,
      );
    if (reference.includes("/") && /[.:]/.test(registry) && registry !== "docker.io")
      throw new DockerError(
        `Get "https://${registry}/v2/": dial tcp: lookup ${registry.split(":")[0]}: no such host`,
      );
    throw new DockerError(
      `pull access denied for ${repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    );
  }
}

/** The image when the engine has it. */
export async function localImage(call: DockerCall, reference: string): Promise<HostImage | undefined> {
  const image = await call.engine.host.findImage(reference).catch(() => undefined);
  return image && call.engine.hasImage(image.name) ? image : undefined;
}

/** Fetches it and prints what docker prints meanwhile. */
export async function pullImage(
  call: DockerCall,
  reference: string,
  print: (line: string) => void,
): Promise<HostImage> {
  const { repository, tag } = familiarName(reference);
  const official = repository.includes("/") ? repository : `library/${repository}`;
  const image = await lookUp(call, reference);
  print(`${tag}: Pulling from ${official.replace(/^[^/]+[.:][^/]*\//, "")}`);
  const isNew = await call.engine.pull(image);
  if (isNew) for (const layer of layersOf(image)) print(`${layer}: Pull complete`);
  print(`Digest: ${image.imageId}`);
  print(`Status: ${isNew ? "Downloaded newer image for" : "Image is up to date for"} ${repository}:${tag}`);
  return image;
}

function layersOf({ imageId }: HostImage): string[] {
  return [0, 1, 2].map((index) =>
    createHash("sha256").update(`${imageId}/${index}`).digest("hex").slice(0, 12),
  );
}

export const pull: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "all-tags,a": "switch", "quiet,q": "switch", platform: "value" });
  needArguments(call, flags.words, 1, 1);
  const [reference] = flags.words as [string];
  if (!flags.has("quiet") && !/:[^/]+$/.test(reference) && !reference.includes("@"))
    call.session.printOut("Using default tag: latest");
  const lines: string[] = [];
  const image = await pullImage(call, reference, (line) => lines.push(line));
  if (!flags.has("quiet")) lines.forEach((line) => call.session.printOut(line));
  call.session.printOut(image.name);
};

export const images: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, {
    "all,a": "switch",
    "quiet,q": "switch",
    "no-trunc": "switch",
    digests: "switch",
    format: "value",
    "filter,f": "list",
  });
  needArguments(call, flags.words, 0, 1);
  const known = await Promise.all(
    call.engine.images.map(async ({ name, pulledAtMs }) => ({
      ...familiarName(name),
      pulledAtMs,
      image: await call.engine.host.findImage(name).catch(() => undefined),
    })),
  );
  const [wanted] = flags.words;
  const rows = known
    .filter(({ repository, tag }) => !wanted || repository === wanted || `${repository}:${tag}` === wanted)
    .sort((a, b) => b.pulledAtMs - a.pulledAtMs)
    .flatMap(({ repository, tag, image }) => {
      if (!image) return [];
      const id = flags.has("no-trunc") ? image.imageId : shortId(image.imageId);
      const size = humanSize(image.sizeBytes);
      return [
        {
          ...{ Repository: repository, Tag: tag, ID: id, Digest: image.imageId, Size: size },
          ...{ CreatedSince: imageAge(call), CreatedAt: goTime(imageTime(call)) },
        },
      ];
    });
  const heads = {
    ...{ Repository: "REPOSITORY", Tag: "TAG", ID: "IMAGE ID", Digest: "DIGEST", Size: "SIZE" },
    ...{ CreatedSince: "CREATED", CreatedAt: "CREATED AT" },
  };
  const usual = [
    "Repository",
    "Tag",
    ...(flags.has("digests") ? ["Digest"] : []),
    "ID",
    "CreatedSince",
    "Size",
  ];
  showList(call.session, rows, {
    ...{ format: flags.value("format"), quiet: flags.has("quiet"), heads, usual, id: "ID" },
  });
};

/** The catalogue does not know when an image was built: some weeks ago. */
function imageTime({ clock }: DockerCall): number {
  return clock.now() - 21 * 24 * 3_600_000;
}

function imageAge(call: DockerCall): string {
  return `${humanDuration(call.clock.now() - imageTime(call))} ago`;
}

export const removeImages: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "force,f": "switch", "no-prune": "switch" });
  needArguments(call, flags.words, 1);
  let code = 0;
  for (const reference of flags.words) {
    const image = await localImage(call, reference);
    const user = image && call.engine.containers.find((container) => container.image === image.name);
    if (!image) {
      call.session.print(
        `Error response from daemon: No such image: ${familiarName(reference).repository}:${familiarName(reference).tag}`,
      );
      code = 1;
    } else if (user && !flags.has("force")) {
      const { repository, tag } = familiarName(image.name);
      call.session.print(
        `Error response from daemon: conflict: unable to remove repository reference "${repository}:${tag}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(image.imageId)}`,
      );
      code = 1;
    } else {
      await call.engine.removeImage(image.name);
      const { repository, tag } = familiarName(image.name);
      call.session.printOut(`Untagged: ${repository}:${tag}\nDeleted: ${image.imageId}`);
    }
  }
  return code;
};
