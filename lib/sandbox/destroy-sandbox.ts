import { rm } from "node:fs/promises";
import { sandboxPaths } from "./paths";
import { unmountBelow } from "./mounts";
import { removeSwitch, switchName } from "./net";
import { writeRecord, type SandboxRecord } from "./record";
import { releaseSlots } from "./slots";
import type { SandboxHost } from "./host";

/**
 * Removes everything that the record of a sandbox stands for, whatever state it is in: processes, mounts, namespaces,
 * interfaces, groups, files. Safe to repeat; the record goes last, so that an interrupted removal is taken up again.
 */
export async function destroySandbox(host: SandboxHost, record: SandboxRecord): Promise<void> {
  const paths = sandboxPaths(host.paths, record.sandboxId);
  await writeRecord(paths.record, { ...record, state: "destroying" });
  await dismantleSandbox(host, record);
  await rm(paths.data, { recursive: true, force: true });
}

/** Ends what runs of a sandbox and removes its disk; its record stays. Safe to repeat. */
export async function dismantleSandbox(host: SandboxHost, record: SandboxRecord): Promise<void> {
  const { sandboxId, slot, nodes } = record;
  const paths = sandboxPaths(host.paths, sandboxId);
  await host.cgroups.kill(sandboxId);
  if (slot !== undefined) await removeSwitch(switchName(slot));
  await unmountBelow(paths.run);
  await host.cgroups.remove(sandboxId);
  await rm(paths.run, { recursive: true, force: true });
  await releaseSlots(paths.record);
  await rm(paths.diskImage, { force: true });
  for (const index of nodes.keys()) await rm(paths.node(index).cri, { force: true });
}
