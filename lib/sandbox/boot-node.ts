import { rm } from "node:fs/promises";
import { mustExecInNode } from "./exec";
import type { SandboxHost } from "./host";
import { createNode, crunId, removeNode, startNode } from "./launch-node";
import { limitNode } from "./node-limits";
import { connectNode, switchName, unplugNode } from "./net";
import { sandboxPaths } from "./paths";
import type { SandboxRecord } from "./record";
import { slotOf } from "./slots";
import { Timings } from "./timings";

/** Starts a node over its mounted root: namespaces, cable, PID 1. Returns when PID 1 answers. */
export async function bootNode(
  host: SandboxHost,
  record: SandboxRecord,
  index: number,
  timings = new Timings(),
): Promise<void> {
  const { sandboxId, network } = record;
  const node = record.nodes[index]!;
  const slot = slotOf(record.slot!);
  const paths = sandboxPaths(host.paths, sandboxId);
  const at = paths.node(index);
  const cgroups = host.cgroups.foldersOfNode(sandboxId, index);
  const pid = await timings.of(
    "crun",
    createNode(paths, at, {
      ...{ sandboxId, index, hostname: node.name, group: node.group },
      ...{ baseId: slot.baseId, cgroups },
    }),
  );
  const cable = { ...node, pid, index, gateway: network.gateway };
  await Promise.all([
    timings.of("network", connectNode(switchName(slot.number), cable)),
    timings.of("limits", limitNode(pid)),
  ]);
  await timings.of("start", startNode(paths, at, crunId(sandboxId, index)));
  await timings.of("init", mustExecInNode(at.control, { argv: ["sh", "-ec", keepSysVisible] }));
}

/**
 * Starts a node again whose PID 1 has ended: a student may reboot it. Its disk is as it was left, its processes, its
 * /run and its pods' namespaces are gone.
 */
export async function rebootNode(host: SandboxHost, record: SandboxRecord, index: number): Promise<void> {
  const paths = sandboxPaths(host.paths, record.sandboxId);
  const at = paths.node(index);
  await removeNode(paths, crunId(record.sandboxId, index));
  await unplugNode(switchName(slotOf(record.slot!).number), index);
  await rm(at.pidFile, { force: true });
  await bootNode(host, record, index);
}

/**
 * `ip netns exec` takes /sys away before it mounts the namespace's own, which the kernel allows in a user namespace only
 * while another one is fully visible. Its files are the host's root's: a node may write what is its own interfaces' only.
 */
const keepSysVisible = `
mkdir -p /dev/.kernel/sys
exec mount -t sysfs -o nosuid,noexec,nodev sysfs /dev/.kernel/sys
`;
