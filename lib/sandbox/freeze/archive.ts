import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import { scoped } from "@/lib/core/scope";
import { unmountBelow } from "../mounts";
import { nativeBinary } from "../native";
import type { SandboxPaths } from "../paths";
import { idsPerSlot } from "../slots";

/** Facts about the lab: the first member of an archive. */
const factsName = "lab.json";
const factsBytesMax = 8 << 20;
const timeoutMs = 120_000;

/**
 * What a node wrote, by names of the archive: its root's upper layer and its containers' roots. The kernel's work folders
 * are left out: they are empty whenever nothing is mounted.
 */
const keptFolders = ["upper", "containerd"];
const leftOut = ["*/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/work"];

/**
 * Everything that the files of an overlay's upper layer can be: extended attributes (capabilities, opaque folders), access
 * lists, hard links, holes, devices (whiteouts are 0:0). `origin` and its companions are handles of one mounted file system
 * and mean nothing elsewhere.
 */
const fidelity = [
  ...["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls"],
  ...["origin", "impure", "nlink", "uuid"].map((name) => `--xattrs-exclude=trusted.overlay.${name}`),
];

export interface DiskView {
  paths: SandboxPaths;
  /** First id of the lab's range on this host; in the archive the range begins with 0. */
  baseId: number;
  nodes: number;
}

/**
 * Packs what the nodes of a lab wrote into `target` and returns the SHA-256 of the file: equal contents give equal archives.
 * The lab's processes must stand still. Throws `exhausted` when the archive would be larger than `bytesMax`; `target`
 * is there whole and durable, or not at all.
 */
export async function packDisk(
  view: DiskView,
  facts: unknown,
  target: string,
  bytesMax: number,
): Promise<{ digest: string; sizeBytes: number }> {
  const draft = `${target}.new`;
  try {
    await withTransfer(view, "read", async (folder, scratch) => {
      await writeFile(join(scratch, factsName), JSON.stringify(facts), { mode: 0o600 });
      const members = range(view.nodes).flatMap((index) => keptFolders.map((kept) => `${index}/${kept}`));
      const { exitCode, stderr } = await runCommand(
        [
          ...["prlimit", `--fsize=${bytesMax}`, "nice", "-n", "5"],
          ...["tar", "--create", "--format=posix", `--file=${draft}`, "--use-compress-program=zstd -3 -q"],
          ...[
            "--sort=name",
            "--sparse",
            "--pax-option=delete=atime,delete=ctime",
            "--warning=no-file-ignored",
          ],
          ...fidelity,
          ...["--anchored", "--wildcards", "--no-wildcards-match-slash"],
          ...leftOut.map((pattern) => `--exclude=${pattern}`),
          ...["--directory", scratch, factsName, "--directory", folder, ...members],
        ],
        { timeoutMs, allowFailure: true },
      );
      if (exitCode !== 0) throw await packError(draft, bytesMax, stderr);
    });
    const file = await open(draft, "r");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
    const { size } = await stat(draft);
    const digest = await sha256Of(draft);
    await rename(draft, target);
    return { digest, sizeBytes: size };
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Unpacks an archive onto the lab's fresh disk, whose node folders exist. Nothing that an archive holds reaches past the
 * disk: it is written through a mount that knows the lab's ids alone, is nosuid and nodev, and follows no link.
 */
export async function unpackDisk(view: DiskView, archive: string): Promise<void> {
  await withTransfer(view, "write", async (folder) => {
    await runCommand(
      [
        ...["tar", "--extract", `--file=${archive}`, "--use-compress-program=zstd -q"],
        ...["--preserve-permissions", "--same-owner", "--delay-directory-restore", ...fidelity],
        ...["--directory", folder, "--exclude", factsName],
      ],
      { timeoutMs },
    );
  });
}

/** The facts in an archive. Throws `invalid` for a file that is none. */
export async function readFacts(archive: string): Promise<unknown> {
  try {
    const { stdout } = await runCommand(
      [
        ...["tar", "--extract", "--to-stdout", `--file=${archive}`, "--use-compress-program=zstd -q"],
        ...["--occurrence=1", factsName],
      ],
      { timeoutMs, outputBytesMax: factsBytesMax },
    );
    return JSON.parse(stdout) as unknown;
  } catch (cause) {
    throw new AppError("invalid", `${archive} is not the archive of a frozen lab.`, { cause });
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Shows the nodes' part of the disk in a folder of root's alone, with the lab's ids from 0 on; for as long as `work` takes. */
async function withTransfer(
  { paths, baseId }: DiskView,
  mode: "read" | "write",
  work: (folder: string, scratch: string) => Promise<void>,
): Promise<void> {
  await scoped(async (scope) => {
    const folder = join(paths.transfer, "nodes");
    const scratch = join(paths.transfer, "facts");
    await mkdir(paths.transfer, { recursive: true, mode: 0o700 });
    scope.defer(() => closeTransfer(paths));
    for (const each of [folder, scratch]) await mkdir(each, { recursive: true });
    const source = join(paths.disk, "nodes");
    // It is not the lab's: seen through the mount it belongs to nobody, whom root may not overrule there.
    await chmod(source, 0o755);
    await runCommand([
      nativeBinary("examctl-mount-idmapped"),
      "--reverse",
      ...(mode === "write" ? ["--writable"] : []),
      ...[String(baseId), String(idsPerSlot), source, folder],
    ]);
    await work(folder, scratch);
  });
}

/** Takes away what a transfer that was cut off left. Never deletes through a mount: only empty folders go. */
export async function closeTransfer(paths: SandboxPaths): Promise<void> {
  await unmountBelow(paths.transfer);
  await rm(join(paths.transfer, "facts"), { recursive: true, force: true });
  for (const folder of [join(paths.transfer, "nodes"), paths.transfer])
    await rmdir(folder).catch((failure: NodeJS.ErrnoException) => {
      if (failure.code !== "ENOENT") throw failure;
    });
}

async function packError(draft: string, bytesMax: number, stderr: string): Promise<AppError> {
  const { size } = await stat(draft).catch(() => ({ size: 0 }));
  if (size >= bytesMax)
    return new AppError(
      "exhausted",
      `The lab's files do not fit into ${bytesMax} bytes when compressed: it cannot be frozen.`,
    );
  return new AppError("internal", `The lab's files could not be packed: ${stderr.trim().slice(-1000)}`);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
