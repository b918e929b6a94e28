import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { identify, isAlive, type ProcessIdentity } from "@/lib/cli/supervisor/process-identity";

export interface ClusterRecord {
  name: string;
  process: ProcessIdentity;
  url: string;
  nodes: number;
  startedAt: string;
}

/** Names are files and parts of a kubeconfig: as a DNS label. */
export const isClusterName = (name: string) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);

/** The folder of this user's cluster records and logs: EXAMCTL_CLUSTERS_DIR, or one of the XDG state folder. */
export function recordsFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.EXAMCTL_CLUSTERS_DIR) return resolve(env.EXAMCTL_CLUSTERS_DIR);
  return join(env.XDG_STATE_HOME || join(homedir(), ".local/state"), "examctl/clusters");
}

export const logPathOf = (name: string) => join(recordsFolder(), `${name}.log`);
const pathOf = (name: string) => join(recordsFolder(), `${name}.json`);

/** The record of a cluster whose process runs; what a dead one left is removed. */
export async function readRecord(name: string): Promise<ClusterRecord | undefined> {
  const text = await readFile(pathOf(name), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const record = parseRecord(text);
  if (record && isAlive(record.process)) return record;
  await rm(pathOf(name), { force: true });
  return undefined;
}

export async function listRecords(): Promise<ClusterRecord[]> {
  const files = await readdir(recordsFolder()).catch(() => []);
  const names = files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));
  const records = await Promise.all(names.sort().map(readRecord));
  return records.filter((record) => record !== undefined);
}

/** Takes the name for this process. Throws AppError `conflict` when another running cluster has it. */
export async function claimName(record: Omit<ClusterRecord, "process" | "startedAt">): Promise<void> {
  const { name } = record;
  const other = await readRecord(name);
  if (other)
    throw new AppError(
      "conflict",
      `A cluster "${name}" runs already at ${other.url} (process ${other.process.pid}). End it with "examctl cluster down ${name}", or give another --name.`,
    );
  await mkdir(recordsFolder(), { recursive: true, mode: 0o700 });
  const full: ClusterRecord = {
    ...record,
    process: identify(process.pid)!,
    startedAt: new Date().toISOString(),
  };
  await writeFile(pathOf(name), JSON.stringify(full), { mode: 0o600, flag: "wx" }).catch((cause: unknown) => {
    throw new AppError("conflict", `Another process has just taken the name "${name}".`, { cause });
  });
}

export async function removeRecord(name: string): Promise<void> {
  await rm(pathOf(name), { force: true });
}

/** By hand: loading zod would take a fifth of the time in which a cluster is up. */
function parseRecord(text: string): ClusterRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<ClusterRecord> | null;
    const { pid, startTicks } = record?.process ?? {};
    const isRecord =
      Number.isSafeInteger(pid) &&
      [record?.name, record?.url, record?.startedAt, startTicks].every((one) => typeof one === "string") &&
      typeof record?.nodes === "number";
    return isRecord ? (record as ClusterRecord) : undefined;
  } catch {
    return undefined;
  }
}
