import { mkdir } from "node:fs/promises";
import type { Clock } from "@/lib/core/clock";
import { AppError } from "@/lib/core/app-error";
import type { FrozenLabs } from "./frozen-labs";
import { LabFolder, type LabRecord } from "./lab-folder";
import { waitingSteps } from "./status-board";

/**
 * Makes a lab's folder such that running it thaws the lab: a frozen lab's own, or a new one from data that were kept.
 * Everything can be repeated until the record is written, which is last. Throws `not-found` and `conflict`.
 */
export async function prepareThaw(
  { clustersDir, frozenLabs, clock }: { clustersDir: string; frozenLabs: FrozenLabs; clock: Clock },
  labId: string,
  keptId?: string,
): Promise<LabRecord> {
  const folder = new LabFolder(clustersDir, labId);
  const before = await folder.readRecord().catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === "ENOENT") return undefined;
    throw failure;
  });
  const frozenId = keptId ?? before?.frozen?.frozenId;
  if (!frozenId && !before) throw new AppError("not-found", `There is no lab ${labId}.`);
  if (!frozenId || (before && (keptId || before.phase !== "frozen")))
    throw new AppError("conflict", `The lab ${labId} is not frozen: it is ${before?.phase}.`);
  await frozenLabs.manifest(frozenId);
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  try {
    // The folder gets the stored record, too: a lab of another name then.
    const { sandbox } = await frozenLabs.unpack(frozenId, folder);
    const stored = await folder.readRecord();
    const record: LabRecord = {
      ...stored,
      labId,
      phase: "starting",
      revision: (before?.revision ?? stored.revision) + 1,
      steps: waitingSteps(),
      startedAtMs: before ? stored.startedAtMs : clock.now(),
      error: undefined,
      ...(before?.frozen ? { frozen: before.frozen } : {}),
      thawing: { sandboxDigest: sandbox.digest, isCopy: keptId !== undefined },
    };
    await folder.writeRecord(record);
    return record;
  } catch (failure) {
    if (!before) await folder.remove();
    throw failure;
  }
}
