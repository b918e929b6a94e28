import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { LabEnvironment, NodeEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { LabRecord } from "./lab-folder";

/** labd is started beside clusterd, and may come a while after it. */
const labdWaitMs = 60_000;
const labdRetryMs = 250;

export interface SandboxWork {
  record: LabRecord;
  labd: RpcClient<LabdRpc>;
  clock: Clock;
  logger: Logger;
  isStopping: () => boolean;
}

/** A lab whose nodes are gone is not built around new ones: what the student did on the old ones would be missing. */
export const nodesAreGone =
  "The server was restarted and this lab's nodes are gone. Start the lab again: it gets the same values.";

/** Throws AppError `not-found` with a sentence for people when the lab once had nodes and has none now. */
export async function requireSandbox(work: SandboxWork): Promise<void> {
  if (work.record.thawing) return;
  const hadNodes = work.record.steps.some(({ id, state }) => id === "sandbox" && state === "done");
  if (hadNodes && (await sandboxState(work)) !== "running") throw new AppError("not-found", nodesAreGone);
}

/** Makes the lab's nodes unless they run. */
export async function ensureSandbox(work: SandboxWork): Promise<void> {
  const { record, labd, logger } = work;
  const { labId, environment } = record;
  const state = await sandboxState(work);
  if (state === "running") return;
  // Cut off while it was made: nothing of a student's is in it.
  if (state !== undefined) await labd.call("sandbox.destroy", { sandboxId: labId }, { timeoutMs: 60_000 });
  if (record.thawing) {
    const digest = record.thawing.sandboxDigest;
    const thawed = await labd.call("sandbox.thaw", { sandboxId: labId, digest }, { timeoutMs: 180_000 });
    logger.info({ labId, timingsMs: thawed.timingsMs }, "sandbox thawed");
    return;
  }
  const { timingsMs } = await labd.call(
    "sandbox.create",
    {
      sandboxId: labId,
      network: environment.network,
      nodes: environment.nodes.map(({ name, interface: device, address, mac, ...node }) => ({
        ...{ name, interface: device, address, mac },
        group: socketGroup(environment, node),
      })),
    },
    { timeoutMs: 120_000 },
  );
  logger.info({ labId, timingsMs }, "sandbox created");
}

/** Whose sockets a node sees: those of its cluster, and a base nobody's. Undefined is the first cluster. */
export function socketGroup(
  { cluster }: LabEnvironment,
  node: Pick<NodeEnvironment, "role" | "cluster">,
): string | undefined {
  if (node.role === "base") return "of-no-cluster";
  return node.cluster === cluster.name ? undefined : node.cluster;
}

/** The sandbox's state, undefined when there is none. Waits for a labd that does not answer yet. */
export async function sandboxState({
  record,
  labd,
  clock,
  isStopping,
}: SandboxWork): Promise<string | undefined> {
  const untilMs = clock.now() + labdWaitMs;
  for (;;) {
    try {
      return (await labd.call("sandbox.get", { sandboxId: record.labId })).state;
    } catch (failure) {
      const { code } = AppError.from(failure);
      if (code === "not-found") return undefined;
      if (code !== "unavailable" || isStopping() || clock.now() >= untilMs) throw failure;
    }
    await clock.sleep(labdRetryMs);
  }
}
