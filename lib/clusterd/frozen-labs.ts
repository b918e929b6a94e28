import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { FrozenLab } from "@/lib/contract/clusterd";
import { digest, frozenSandbox } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { replaceFile } from "@/lib/core/replace-file";
import { runCommand } from "@/lib/core/run-command";
import type { LabFolder } from "./lab-folder";

/** What a frozen lab consists of; its id is the SHA-256 of this file. */
const manifest = z.object({
  version: z.literal(1),
  frozenAtMs: z.number(),
  /** Record, keys and journal, in a file of ours. */
  cluster: frozenSandbox,
  /** Nodes' files and pods, in an archive of labd's. */
  sandbox: frozenSandbox,
});
export type FrozenManifest = z.infer<typeof manifest>;

/** What a lab's folder may get from an archive: patterns of tar that match no other folder's files. */
const clusterFiles = ["lab.json", "pki*.json", "journal*.sqlite"];
const timeoutMs = 60_000;

/** A frozen lab with its bytes, the ones that its digests promise. */
export interface StoredLab {
  frozenId: string;
  /** The manifest's text, of which the id is the SHA-256. */
  text: string;
  manifest: FrozenManifest;
  cluster: Buffer;
}

/** Labs at rest, below `dataDir/frozen-labs`: manifests and the clusters' files by the SHA-256 of their bytes. */
export class FrozenLabs {
  constructor(private readonly folder: string) {}

  /** Stores a lab's folder with the archive of its nodes. The lab must not run. */
  async store(lab: LabFolder, sandbox: FrozenManifest["sandbox"], frozenAtMs: number): Promise<FrozenLab> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const draft = join(this.folder, `${randomId(12)}.new`);
    try {
      await runCommand(
        [
          ...["tar", "--create", `--file=${draft}`, "--use-compress-program=zstd -3 -q"],
          ...["--numeric-owner", "--owner=0", "--group=0", "--directory", lab.path],
          ...(await lab.files()),
        ],
        { timeoutMs },
      );
      const cluster = { digest: sha256(await readFile(draft)), sizeBytes: (await stat(draft)).size };
      await rename(draft, this.#cluster(cluster.digest));
      const text = JSON.stringify({ version: 1, frozenAtMs, cluster, sandbox } satisfies FrozenManifest);
      const frozenId = sha256(text);
      await replaceFile(this.#manifest(frozenId), text);
      return { frozenId, frozenAtMs, sizeBytes: cluster.sizeBytes + sandbox.sizeBytes };
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Throws `not-found`, or `invalid` when its bytes have changed. */
  async manifest(frozenId: string): Promise<FrozenManifest> {
    return manifest.parse(JSON.parse(await this.#text(frozenId)));
  }

  async #text(frozenId: string): Promise<string> {
    const text = await readFile(this.#manifest(frozenId), "utf8").catch(() => undefined);
    if (text === undefined)
      throw new AppError("not-found", `There is no frozen lab ${frozenId} on this server.`);
    if (sha256(text) !== frozenId) throw damaged(frozenId);
    return text;
  }

  /** A frozen lab as it is stored. Throws like `manifest`. */
  async read(frozenId: string): Promise<StoredLab> {
    const text = await this.#text(frozenId);
    const stored = manifest.parse(JSON.parse(text));
    const cluster = await readFile(this.#cluster(stored.cluster.digest)).catch((cause: unknown) => {
      throw new AppError("invalid", `The frozen lab ${frozenId} has lost its cluster's files.`, { cause });
    });
    if (sha256(cluster) !== stored.cluster.digest) throw damaged(frozenId);
    return { frozenId, text, manifest: stored, cluster };
  }

  /** Are these bytes, from elsewhere, a frozen lab? Stores nothing. Throws `invalid`. */
  verified(text: string, cluster: Buffer): StoredLab {
    const wrong = (cause?: unknown) =>
      new AppError("invalid", "What came is not a frozen lab of this version of examctl.", { cause });
    try {
      const stored = manifest.parse(JSON.parse(text));
      if (sha256(cluster) === stored.cluster.digest && cluster.length === stored.cluster.sizeBytes)
        return { frozenId: sha256(text), text, manifest: stored, cluster };
    } catch (cause) {
      throw wrong(cause);
    }
    throw wrong();
  }

  /** Stores what `verified` found right. False when it was stored already. */
  async take({ frozenId, text, manifest: { cluster: stored }, cluster }: StoredLab): Promise<boolean> {
    if ((await this.#ids()).includes(frozenId)) return false;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await replaceFile(this.#cluster(stored.digest), cluster);
    await replaceFile(this.#manifest(frozenId), text);
    return true;
  }

  /** Puts the stored files into a lab's folder, over what is there. */
  async unpack(frozenId: string, lab: LabFolder): Promise<FrozenManifest> {
    const { cluster: bytes, manifest: stored } = await this.read(frozenId);
    await lab.removeWriteAheadLogs();
    await runCommand(
      [
        ...["tar", "--extract", "--file=-", "--use-compress-program=zstd -q", "--no-same-owner"],
        ...["--wildcards", "--no-wildcards-match-slash", "--anchored", "--directory", lab.path],
        ...clusterFiles,
      ],
      { timeoutMs, stdin: bytes },
    );
    return stored;
  }

  /** Forgets a frozen lab; returns the archive of labd's that nobody needs any more, if there is one. Safe to repeat. */
  async remove(frozenId: string): Promise<{ sandboxDigest?: string }> {
    const stored = await this.manifest(frozenId).catch(() => undefined);
    await rm(this.#manifest(frozenId), { force: true });
    await rm(this.#mark(frozenId), { force: true });
    if (!stored) return {};
    const others = await this.#manifests();
    if (!others.some(({ cluster }) => cluster.digest === stored.cluster.digest))
      await rm(this.#cluster(stored.cluster.digest), { force: true });
    const isShared = others.some(({ sandbox }) => sandbox.digest === stored.sandbox.digest);
    return isShared ? {} : { sandboxDigest: stored.sandbox.digest };
  }

  /** Data that outlive their lab: only `remove` takes them away. */
  async keep(frozenId: string): Promise<void> {
    await this.manifest(frozenId);
    await writeFile(this.#mark(frozenId), "", { mode: 0o600 });
  }

  async isKept(frozenId: string): Promise<boolean> {
    return (await readdir(this.folder).catch((): string[] => [])).includes(`${digest.parse(frozenId)}.kept`);
  }

  /**
   * Removes what a crash left: data that are neither kept nor a lab's. Returns the archives of labd's that are still needed.
   * Call before anything is stored.
   */
  async sweep(inUse: string[]): Promise<Set<string>> {
    const names = await readdir(this.folder).catch((): string[] => []);
    for (const name of names.filter((one) => one.endsWith(".new")))
      await rm(join(this.folder, name), { force: true });
    for (const id of await this.#ids())
      if (!inUse.includes(id) && !names.includes(`${id}.kept`)) await this.remove(id);
    const left = await this.#manifests();
    // Stored, but its manifest was not.
    const files = new Set(left.map(({ cluster }) => this.#cluster(cluster.digest)));
    for (const name of names.filter((one) => one.endsWith(".tar.zst")))
      if (!files.has(join(this.folder, name))) await rm(join(this.folder, name), { force: true });
    return new Set(left.map(({ sandbox }) => sandbox.digest));
  }

  async #ids(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => name.slice(0, -5));
  }

  async #manifests(): Promise<FrozenManifest[]> {
    const ids = await this.#ids();
    const read = await Promise.all(ids.map((id) => this.manifest(id).catch(() => undefined)));
    return read.filter((one) => one !== undefined);
  }

  #manifest(frozenId: string): string {
    return join(this.folder, `${digest.parse(frozenId)}.json`);
  }

  #mark(frozenId: string): string {
    return join(this.folder, `${digest.parse(frozenId)}.kept`);
  }

  #cluster(clusterDigest: string): string {
    return join(this.folder, `${clusterDigest}.tar.zst`);
  }
}

function sha256(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function damaged(frozenId: string): AppError {
  return new AppError("invalid", `The frozen lab ${frozenId} is damaged: its bytes have changed on disk.`);
}
