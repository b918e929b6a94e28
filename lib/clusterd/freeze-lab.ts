import type { FrozenLab } from "@/lib/contract/clusterd";
import type { LabdRpc } from "@/lib/contract/labd";
import type { Clock } from "@/lib/core/clock";
import { openJournal } from "@/lib/cluster/api/store/journal";
import type { RpcClient } from "@/lib/rpc/client";
import type { FrozenLabs } from "./frozen-labs";
import type { LabFolder } from "./lab-folder";
import type { StatusBoard } from "./status-board";

export interface FreezeWork {
  folder: LabFolder;
  frozenLabs: FrozenLabs;
  board: StatusBoard;
  labd: RpcClient<LabdRpc>;
  clock: Clock;
}

/**
 * Puts a lab to rest whose control plane is closed already. Every step can be repeated after a crash: the nodes are
 * archived, then the cluster's files are stored with the name of that archive, then the record says so, then the rest goes.
 */
export async function freezeLab(work: FreezeWork): Promise<FrozenLab> {
  const { folder, frozenLabs, board, labd, clock } = work;
  const sandboxId = folder.labId;
  const { digest, sizeBytes } = await labd.call("sandbox.freeze", { sandboxId }, { timeoutMs: 180_000 });
  // Folds the write-ahead log of a shard that died into the file.
  const others = board.record.environment.otherClusters.map(({ name }) => name);
  for (const cluster of [undefined, ...others]) openJournal(folder.journalPath(cluster)).close();
  const frozen = await frozenLabs.store(folder, { digest, sizeBytes }, clock.now());
  await board.frozen(frozen, async () => {
    await labd.call("sandbox.destroy", { sandboxId });
    await folder.removeClusters();
  });
  return frozen;
}

/** Removes the data of a frozen lab, here and at labd. Safe to repeat. */
export async function removeFrozen(
  frozenLabs: FrozenLabs,
  labd: RpcClient<LabdRpc>,
  frozenId: string,
): Promise<void> {
  const { sandboxDigest } = await frozenLabs.remove(frozenId);
  if (sandboxDigest) await labd.call("frozen.remove", { digest: sandboxDigest });
}
