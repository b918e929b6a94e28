import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { sandboxLimits, sandboxNode } from "@/lib/contract/labd";
import { ipv4, labId, cidrV4 } from "@/lib/contract/fields";
import { sandboxPaths, type LabdPaths } from "./paths";

/**
 * What labd wrote about a sandbox before it made anything of it. Everything that a sandbox consists of has a name that
 * follows from this record, so that a labd that finds one can adopt or remove the sandbox wherever the last one stopped.
 */
export const sandboxRecord = z.object({
  version: z.literal(1),
  sandboxId: labId,
  state: z.enum(["creating", "running", "frozen", "destroying"]),
  createdAtMs: z.number(),
  /** Unknown only between the first write and the claim. */
  slot: z.number().int().optional(),
  network: z.object({ cidr: cidrV4, gateway: ipv4 }),
  nodes: z.array(sandboxNode),
  limits: sandboxLimits,
  /** The boot that it runs in: after another, none of its processes and mounts exist. */
  bootId: z.string(),
  /** The archive of a frozen one, of which nothing else is left. */
  frozen: z.object({ digest: z.string(), sizeBytes: z.number() }).optional(),
});
export type SandboxRecord = z.infer<typeof sandboxRecord>;

/** Replaces the record of a sandbox on disk, atomically. */
export async function writeRecord(path: string, record: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.new`;
  await writeFile(next, JSON.stringify(record), { mode: 0o600 });
  await rename(next, path);
}

/** All records under the data directory. A folder without a readable record is a creation that had not begun: removed. */
export async function readRecords(paths: LabdPaths): Promise<SandboxRecord[]> {
  const folder = join(paths.dataDir, "labs");
  const records: SandboxRecord[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const text = await readFile(sandboxPaths(paths, name).record, "utf8").catch(() => undefined);
    const parsed = sandboxRecord.safeParse(text === undefined ? undefined : parseJson(text));
    if (parsed.success && parsed.data.sandboxId === name) records.push(parsed.data);
    else if (text === undefined) await rm(join(folder, name), { recursive: true, force: true });
  }
  return records;
}

export async function currentBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
