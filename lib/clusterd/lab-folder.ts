import { mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { replaceFile } from "@/lib/core/replace-file";
import { frozenLab, labPhase, labStep } from "@/lib/contract/clusterd";
import { labEnvironment } from "@/lib/contract/environment";
import { labId } from "@/lib/contract/fields";
import { clusterPki, type ClusterPki } from "./pki/cluster-pki";

/** What is known of a lab besides its objects (journal.sqlite) and its keys (pki.json). */
export const labRecord = z.object({
  labId,
  environment: labEnvironment,
  startedAtMs: z.number(),
  readyAfterMs: z.number().optional(),
  /** See the contract of `lab.start`. */
  idleMsMax: z.number().optional(),
  revision: z.number().int(),
  phase: labPhase,
  steps: z.array(labStep),
  error: z.string().optional(),
  /** Work that must not be repeated when the lab is resumed: what it wrote may have been changed by the student. */
  done: z.array(z.string()),
  /** Where the lab's data are while it is frozen. */
  frozen: frozenLab.optional(),
  /** The archive that its nodes are still to be made from: until they are, the lab is as good as frozen. */
  thawing: z.object({ sandboxDigest: z.string(), isCopy: z.boolean() }).optional(),
});
export type LabRecord = z.infer<typeof labRecord>;

/** One lab's folder below `dataDir/clusters`. It has one writer at a time: the shard that holds the lab. */
export class LabFolder {
  readonly path: string;

  constructor(
    readonly clustersDir: string,
    readonly labId: string,
  ) {
    this.path = join(clustersDir, labId);
  }

  /** Of the lab's first cluster, or of another one by its name. */
  journalPath(cluster?: string): string {
    return join(this.path, clusterFile("journal", cluster, "sqlite"));
  }

  async create(record: LabRecord): Promise<void> {
    await mkdir(this.clustersDir, { recursive: true });
    try {
      await mkdir(this.path, { mode: 0o700 });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
      throw new AppError("conflict", `The lab ${this.labId} is running already. Stop it first.`, { cause });
    }
    await this.writeRecord(record);
  }

  async readRecord(): Promise<LabRecord> {
    return labRecord.parse(JSON.parse(await readFile(join(this.path, "lab.json"), "utf8")));
  }

  writeRecord(record: LabRecord): Promise<void> {
    return replaceFile(join(this.path, "lab.json"), JSON.stringify(record));
  }

  /** The stored keys, or undefined when the cluster has none yet. */
  async readPki(cluster?: string): Promise<ClusterPki | undefined> {
    try {
      return clusterPki.parse(JSON.parse(await readFile(this.#pkiPath(cluster), "utf8")));
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw failure;
    }
  }

  writePki(pki: ClusterPki, cluster?: string): Promise<void> {
    return replaceFile(this.#pkiPath(cluster), JSON.stringify(pki));
  }

  #pkiPath(cluster?: string): string {
    return join(this.path, clusterFile("pki", cluster, "json"));
  }

  /** Record, keys and journals: the lab as it is stored. */
  async files(): Promise<string[]> {
    return ["lab.json", ...(await this.#clusterFiles())];
  }

  /** What is left of a lab at rest: its record. Safe to repeat. */
  async removeClusters(): Promise<void> {
    for (const file of await this.#clusterFiles()) await rm(join(this.path, file), { force: true });
  }

  /** Before other journals are put in their places. */
  async removeWriteAheadLogs(): Promise<void> {
    for (const file of await namesIn(this.path))
      if (/\.sqlite-(wal|shm)$/.test(file)) await rm(join(this.path, file), { force: true });
  }

  async #clusterFiles(): Promise<string[]> {
    const names = await namesIn(this.path);
    return names
      .filter((name) => /^(pki(-[a-z0-9-]+)?\.json|journal(-[a-z0-9-]+)?\.sqlite)$/.test(name))
      .sort();
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

function clusterFile(name: string, cluster: string | undefined, ending: string): string {
  return `${name}${cluster === undefined ? "" : `-${cluster}`}.${ending}`;
}

export interface FoundLab {
  folder: LabFolder;
  record: LabRecord;
}

/** Every lab with a record that can be read; one without is just being made or removed. Changes nothing. */
export async function listLabFolders(clustersDir: string): Promise<FoundLab[]> {
  const found = await Promise.all(
    (await labNames(clustersDir)).map(async (name) => {
      const folder = new LabFolder(clustersDir, name);
      const record = await folder.readRecord().catch(() => undefined);
      return record ? [{ folder, record }] : [];
    }),
  );
  return found.flat();
}

const setAsideName = /\.unreadable(-\d+)?$/;

/**
 * As `listLabFolders`, for the start of clusterd, while nobody makes labs: folders without a record were cut off while
 * being made and are removed. One whose record cannot be read is renamed to LAB.unreadable and told to `onSetAside`: it
 * must not keep the other labs from running, and whoever looks after the server may mend it. `hasSetAside` is true as
 * long as there are such folders, of this start or of a former one.
 */
export async function tidyLabFolders(
  clustersDir: string,
  onSetAside: (path: string, cause: unknown) => void,
): Promise<{ found: FoundLab[]; hasSetAside: boolean }> {
  const found: FoundLab[] = [];
  for (const name of await labNames(clustersDir)) {
    const folder = new LabFolder(clustersDir, name);
    try {
      found.push({ folder, record: await folder.readRecord() });
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === "ENOENT") await folder.remove();
      else onSetAside(await setAside(folder), failure);
    }
  }
  return { found, hasSetAside: (await namesIn(clustersDir)).some((name) => setAsideName.test(name)) };
}

async function setAside(folder: LabFolder): Promise<string> {
  for (let number = 0; ; number++) {
    const path = `${folder.path}.unreadable${number === 0 ? "" : `-${number}`}`;
    try {
      await rename(folder.path, path);
      return path;
    } catch (failure) {
      // What an earlier start set aside under this name stays.
      if (!["ENOTEMPTY", "EEXIST"].includes((failure as NodeJS.ErrnoException).code ?? "")) throw failure;
    }
  }
}

async function labNames(clustersDir: string): Promise<string[]> {
  return (await namesIn(clustersDir)).filter((name) => labId.safeParse(name).success);
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === "ENOENT") return [];
    throw failure;
  });
}
