import type { SandboxHost } from "../host";
import { sandboxPaths } from "../paths";
import type { NodeRecord } from "../pod/store";
import type { SandboxRecord } from "../record";
import { slotOf } from "../slots";
import { Timings } from "../timings";
import { packDisk } from "./archive";
import type { FrozenFacts } from "./facts";

export interface FrozenSandbox {
  /** SHA-256 of the archive. */
  digest: string;
  sizeBytes: number;
  timingsMs: Record<string, number>;
}

/**
 * Archives a running sandbox: its processes stand still meanwhile, and still do when it returns. A failure lets them go on.
 * Throws `exhausted` when the archive would be larger than `bytesMax`.
 */
export async function archiveSandbox(
  host: SandboxHost,
  record: SandboxRecord,
  runtimes: NodeRecord[],
  bytesMax: number,
): Promise<FrozenSandbox> {
  const { sandboxId, network, nodes, limits } = record;
  const facts: FrozenFacts = { version: 1, network, nodes, limits, runtimes };
  const view = {
    paths: sandboxPaths(host.paths, sandboxId),
    baseId: slotOf(record.slot!).baseId,
    nodes: nodes.length,
  };
  const timings = new Timings();
  const draft = host.frozen.draft();
  await timings.of("pause", host.cgroups.pause(sandboxId));
  try {
    const { digest, sizeBytes } = await timings.of("pack", packDisk(view, facts, draft, bytesMax));
    await host.frozen.keep(draft, digest);
    return { digest, sizeBytes, timingsMs: timings.finish() };
  } catch (failure) {
    await host.cgroups.resume(sandboxId);
    throw failure;
  }
}
