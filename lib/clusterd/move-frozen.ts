import { mkdir } from "node:fs/promises";
import type { FrozenLab, MovedLab } from "@/lib/contract/clusterd";
import type { LabdRpc } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import type { RpcClient } from "@/lib/rpc/client";
import type { FrozenLabs } from "./frozen-labs";
import { LabFolder, listLabFolders } from "./lab-folder";

interface Places {
  clustersDir: string;
  frozenLabs: FrozenLabs;
  labd: RpcClient<LabdRpc>;
}

/** What clusterd knows of a frozen lab or of a kept end state; labd has the rest. Throws `not-found` and `invalid`. */
export async function exportFrozen(
  { clustersDir, frozenLabs }: Places,
  frozenId: string,
): Promise<MovedLab & { sandbox: { digest: string; sizeBytes: number } }> {
  const { text, cluster, manifest } = await frozenLabs.read(frozenId);
  const labs = await listLabFolders(clustersDir);
  const lab = labs.find(({ record }) => record.phase === "frozen" && record.frozen?.frozenId === frozenId);
  return {
    manifest: text,
    cluster: cluster.toString("base64"),
    sandbox: manifest.sandbox,
    ...(lab ? { labId: lab.record.labId } : {}),
  };
}

/**
 * Takes what `exportFrozen` of another host gave: the same lab, frozen, or an end state that is kept. The archive of its
 * nodes must have come first. All or nothing. Throws `not-found` without that archive, `conflict` when there is a lab of
 * its name, `invalid` when the bytes are not those that were exported.
 */
export async function importFrozen(
  { clustersDir, frozenLabs, labd }: Places,
  { manifest: text, cluster, labId }: MovedLab,
): Promise<FrozenLab> {
  const verified = frozenLabs.verified(text, Buffer.from(cluster, "base64"));
  const { frozenId, manifest } = verified;
  const { archives } = await labd.call("frozen.list", {});
  if (!archives.some(({ digest }) => digest === manifest.sandbox.digest))
    throw new AppError(
      "not-found",
      `The archive ${manifest.sandbox.digest} is not on this host: send it first.`,
    );
  const frozen = {
    frozenId,
    frozenAtMs: manifest.frozenAtMs,
    sizeBytes: manifest.cluster.sizeBytes + manifest.sandbox.sizeBytes,
  };
  if (labId === undefined) {
    await frozenLabs.take(verified);
    await frozenLabs.keep(frozenId);
    return frozen;
  }
  const folder = new LabFolder(clustersDir, labId);
  await mkdir(clustersDir, { recursive: true });
  await mkdir(folder.path, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause;
    throw new AppError("conflict", `There is a lab ${labId} on this host already.`, { cause });
  });
  let isNew = false;
  try {
    isNew = await frozenLabs.take(verified);
    await frozenLabs.unpack(frozenId, folder);
    const stored = await folder.readRecord();
    await folder.removeClusters();
    await folder.writeRecord({
      ...stored,
      labId,
      phase: "frozen",
      frozen,
      thawing: undefined,
      error: undefined,
    });
    return frozen;
  } catch (failure) {
    await folder.remove();
    if (isNew) await frozenLabs.remove(frozenId);
    throw failure;
  }
}
