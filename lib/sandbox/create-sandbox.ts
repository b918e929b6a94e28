import { chmod, chown, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { Scope } from "@/lib/core/scope";
import { bootNode } from "./boot-node";
import { mountDisk } from "./disk";
import { makeNodeFolders, mountNodeRoot, mountShifted } from "./layers";
import { createSwitch, removeSwitch, switchName } from "./net";
import { identityFiles, writeIntoFreshUpper } from "./node-files";
import type { SandboxHost } from "./host";
import { startOutside } from "./outside";
import { sandboxPaths } from "./paths";
import { Timings } from "./timings";
import { unmountBelow } from "./mounts";
import { writeRecord, type SandboxRecord } from "./record";
import { imagesInNode } from "./rootfs/build-top";
import { claimSlot, releaseSlots, slotOf } from "./slots";

/**
 * Makes a sandbox from its record: claim, groups, disk, switch, nodes. All or nothing: a failure at any step takes back
 * everything. Returns the finished record and how long each step took (steps overlap; `total` is the wall time).
 */
export async function createSandbox(
  host: SandboxHost,
  draft: SandboxRecord,
  origin: SandboxOrigin = freshSandbox,
): Promise<{ record: SandboxRecord; timingsMs: Record<string, number> }> {
  const paths = sandboxPaths(host.paths, draft.sandboxId);
  const scope = new Scope();
  const timings = new Timings();
  try {
    scope.defer(() => rm(paths.data, { recursive: true, force: true }));
    await writeRecord(paths.record, draft);
    scope.defer(() => releaseSlots(paths.record));
    const slot = await claimSlot(paths.record);
    const record = { ...draft, slot: slot.number };
    await writeRecord(paths.record, record);
    await build(host, record, origin, scope, timings);
    const finished: SandboxRecord = { ...record, state: "running" };
    await writeRecord(paths.record, finished);
    return { record: finished, timingsMs: timings.finish() };
  } catch (failure) {
    await scope.close().catch((unwinding: unknown) => {
      throw new AppError("internal", `Sandbox ${draft.sandboxId} could neither be made nor fully unmade.`, {
        cause: new AggregateError([failure, unwinding]),
      });
    });
    throw failure;
  }
}

/** Where the files of a sandbox's nodes come from. */
export interface SandboxOrigin {
  /** Fills the nodes' empty folders on the mounted disk. */
  fill(host: SandboxHost, record: SandboxRecord): Promise<void>;
  /** Last, while nobody else reaches the booted nodes. */
  finish?(host: SandboxHost, record: SandboxRecord): Promise<void>;
}

/** Nodes that never ran: they get names and keys of their own. */
const freshSandbox: SandboxOrigin = {
  async fill(host, record) {
    const paths = sandboxPaths(host.paths, record.sandboxId);
    const { baseId } = slotOf(record.slot!);
    const files = identityFiles(record);
    await all(files.map((ofNode, index) => writeIntoFreshUpper(paths.node(index).upper, baseId, ofNode)));
  },
};

async function build(
  host: SandboxHost,
  record: SandboxRecord,
  origin: SandboxOrigin,
  scope: Scope,
  timings: Timings,
): Promise<void> {
  const { sandboxId, nodes, limits } = record;
  const paths = sandboxPaths(host.paths, sandboxId);
  const { baseId, number } = slotOf(record.slot!);
  const network = switchName(number);
  const nodePaths = nodes.map((_, index) => paths.node(index));

  scope.defer(() => host.cgroups.remove(sandboxId));
  scope.defer(() => rm(paths.run, { recursive: true, force: true }));
  scope.defer(() => unmountBelow(paths.run));
  await makeRunFolders(host, record);

  scope.defer(() => removeSwitch(network));
  await all([
    timings.of("cgroups", host.cgroups.create(sandboxId, nodes.length, limits)),
    timings.of("switch", createSwitch(network, withPrefixOf(record.network.gateway, record.network.cidr))),
    timings.of(
      "layers",
      mountShifted(
        baseId,
        host.nodeLayers.map((source, index) => [source, paths.layer(String(index))]),
      ),
    ),
    timings.of(
      "disk",
      host
        .diskTemplate(limits.diskBytes)
        .then((template) => mountDisk(scope, { template, image: paths.diskImage, target: paths.disk })),
    ),
  ]);

  await all(nodePaths.map((at) => makeNodeFolders(at, baseId)));
  await timings.of("files", origin.fill(host, record));
  const layers = host.nodeLayers.map((_, index) => paths.layer(String(index)));
  scope.defer(() => host.cgroups.kill(sandboxId));
  await all([
    timings.of("outside", startOutside(host, record)),
    ...nodes.map(async (_, index) => {
      const at = nodePaths[index]!;
      await timings.of("root", mountNodeRoot(at, layers));
      // Before the node's user namespace exists: what is mounted from here on, its root could make writable.
      await timings.of("images", mountShifted(baseId, [[host.imagesFolder, join(at.root, imagesInNode)]]));
      await bootNode(host, record, index, timings);
    }),
  ]);
  if (origin.finish) await timings.of("finish", origin.finish(host, record));
}

async function makeRunFolders(host: SandboxHost, { sandboxId, nodes }: SandboxRecord): Promise<void> {
  const paths = sandboxPaths(host.paths, sandboxId);
  const apis = [...new Set(nodes.map(({ group }) => paths.api(group)))];
  // Passable but not listable: root in the lab's user namespace walks through them while its mounts are made.
  const folders: [string, number][] = [
    [paths.run, 0o711],
    [paths.control, 0o700],
    [paths.crun, 0o700],
    [paths.disk, 0o711],
    ...apis.map((folder): [string, number] => [folder, 0o755]),
    [paths.outside, 0o711],
    ...nodes.map((_, index): [string, number] => [paths.node(index).folder, 0o711]),
  ];
  for (const [folder, mode] of folders) {
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await chmod(folder, mode);
  }
  for (const folder of [...apis, paths.outside]) await chown(folder, host.service.uid, host.service.gid);
}

/** Waits for all before it throws the first failure: nothing goes on behind an unwinding. */
async function all(work: Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

function withPrefixOf(address: string, cidr: string): string {
  return `${address}/${cidr.split("/")[1]}`;
}
