import { randomId } from "@/lib/core/ids";
import type { LabFiles } from "@/lib/contract/lab";
import { isUniqueViolation } from "@/lib/db/client";
import { compileChecks } from "@/lib/lab/compile-checks";
import { hashLab } from "@/lib/lab/hash-lab";
import { loadLab } from "@/lib/lab/load-lab";
import type { ExamDeps } from "./deps";

export interface StoredVersion {
  id: string;
  labId: string;
  number: number;
  /** False when the very same files are a version already. */
  created: boolean;
}

/**
 * Stores files as the next version of their lab, as a draft, or finds the version that they already are.
 * Throws `invalid` with `details.problems` when they do not load or their checks do not compile.
 */
export async function storeVersion(
  deps: Pick<ExamDeps, "db" | "clock">,
  input: { files: LabFiles; authorId: string | null; message: string },
): Promise<StoredVersion> {
  const lab = loadLab(input.files);
  const checksSource = await compileChecks(input.files);
  const labId = lab.manifest.id;
  const sha256 = hashLab(input.files);
  const key = { labId_sha256: { labId, sha256 } };
  const known = await deps.db.labVersion.findUnique({ where: key });
  if (known) return { id: known.id, labId, number: known.number, created: false };
  const id = randomId();
  const createdAt = new Date(deps.clock.now());
  try {
    const number = await deps.db.$transaction(async (tx) => {
      await tx.lab.upsert({ where: { id: labId }, create: { id: labId, createdAt }, update: {} });
      await tx.$queryRaw`SELECT id FROM labs WHERE id = ${labId} FOR UPDATE`;
      const last = await tx.labVersion.aggregate({ where: { labId }, _max: { number: true } });
      const next = (last._max.number ?? 0) + 1;
      await tx.labVersion.create({
        data: {
          id,
          labId,
          number: next,
          sha256,
          files: input.files,
          manifest: lab.manifest as object,
          checksSource,
          state: "DRAFT",
          message: input.message,
          authorId: input.authorId,
          createdAt,
        },
      });
      return next;
    });
    return { id, labId, number, created: true };
  } catch (failure) {
    if (!isUniqueViolation(failure)) throw failure;
    const other = await deps.db.labVersion.findUniqueOrThrow({ where: key });
    return { id: other.id, labId, number: other.number, created: false };
  }
}

/** Makes a stored version the one that new attempts get. */
export async function makeCurrent(
  deps: Pick<ExamDeps, "db" | "clock">,
  version: { id: string; labId: string },
): Promise<void> {
  await deps.db.$transaction([
    deps.db.labVersion.updateMany({
      where: { id: version.id, publishedAt: null },
      data: { state: "PUBLISHED", publishedAt: new Date(deps.clock.now()) },
    }),
    deps.db.lab.update({ where: { id: version.labId }, data: { versionId: version.id } }),
  ]);
}
