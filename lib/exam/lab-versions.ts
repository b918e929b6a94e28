import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { labFiles, labManifest, type LabFiles } from "@/lib/contract/lab";
import { recordAudit } from "@/lib/db/record-audit";
import { requireRole, type Actor } from "@/lib/auth/roles";
import type { ExamDeps } from "./deps";
import { titleOf } from "./list-attempts";
import { makeCurrent, storeVersion } from "./store-version";

export interface LabSummary {
  id: string;
  title: string;
  domain: string;
  /** The number that new attempts get; undefined until one is published. */
  currentNumber: number | undefined;
  versions: number;
  attempts: number;
  running: number;
  changedAtMs: number;
}

/** What one step of a validation found; the form that the walk reports in. */
export const validationStep = z.object({
  step: z.string(),
  title: z.string(),
  state: z.enum(["running", "done", "failed"]),
  durationMs: z.number().optional(),
  problems: z.array(z.string()).optional(),
});
export type ValidationStep = z.infer<typeof validationStep>;

export interface VersionSummary {
  id: string;
  labId: string;
  number: number;
  sha256: string;
  state: "DRAFT" | "PUBLISHED";
  current: boolean;
  validation: "NONE" | "RUNNING" | "PASSED" | "FAILED";
  validationSteps: ValidationStep[];
  message: string;
  /** Undefined for what came with examctl. */
  author: string | undefined;
  createdAtMs: number;
  publishedAtMs: number | undefined;
  attempts: number;
  /** It may become the current one: it was validated, published before, or came with examctl. */
  publishable: boolean;
}

/** All labs with what an admin wants to know of them. */
export async function listAdminLabs(deps: ExamDeps, actor: Actor): Promise<LabSummary[]> {
  requireRole(actor, "ADMIN");
  const [labs, attempts] = await Promise.all([
    deps.db.lab.findMany({
      orderBy: { id: "asc" },
      include: {
        version: { select: { number: true } },
        versions: {
          orderBy: { number: "desc" },
          select: { manifest: true, createdAt: true, number: true },
        },
      },
    }),
    deps.db.attempt.groupBy({ by: ["labId", "state"], _count: true }),
  ]);
  return labs.map((lab) => {
    const mine = attempts.filter(({ labId }) => labId === lab.id);
    const newest = lab.versions[0];
    const manifest = labManifest.safeParse(newest?.manifest);
    return {
      id: lab.id,
      title: titleOf(newest?.manifest, lab.id),
      domain: manifest.success ? manifest.data.domain : "",
      currentNumber: lab.version?.number,
      versions: lab.versions.length,
      attempts: mine.reduce((sum, { _count }) => sum + _count, 0),
      running: mine
        .filter(({ state }) => state === "RUNNING" || state === "PREPARING")
        .reduce((sum, { _count }) => sum + _count, 0),
      changedAtMs: (newest?.createdAt ?? lab.createdAt).getTime(),
    };
  });
}

const versionInclude = {
  author: { select: { name: true } },
  currentOf: { select: { id: true } },
  _count: { select: { attempts: true } },
} as const;

/** The versions of a lab, newest first, without their files. Throws `not-found`. */
export async function listVersions(deps: ExamDeps, actor: Actor, labId: string): Promise<VersionSummary[]> {
  requireRole(actor, "ADMIN");
  const rows = await deps.db.labVersion.findMany({
    where: { labId },
    orderBy: { number: "desc" },
    omit: { files: true, checksSource: true, manifest: true },
    include: versionInclude,
  });
  if (rows.length === 0) throw new AppError("not-found", "There is no such lab.");
  return rows.map(summarise);
}

/** One version with its files. Throws `not-found`. */
export async function getVersion(
  deps: ExamDeps,
  actor: Actor,
  versionId: string,
): Promise<VersionSummary & { title: string; files: LabFiles }> {
  requireRole(actor, "ADMIN");
  const row = await deps.db.labVersion.findUnique({ where: { id: versionId }, include: versionInclude });
  if (!row) throw new AppError("not-found", "There is no such version.");
  return {
    ...summarise(row),
    title: titleOf(row.manifest, row.labId),
    files: labFiles.parse(row.files),
  };
}

/**
 * Stores edited files as a draft. With `labId`, the files must still be that lab's. Running attempts go on with the
 * version that they started with. Throws `invalid` with `details.problems` when the files do not hold.
 */
export async function saveDraft(
  deps: ExamDeps,
  actor: Actor,
  input: { labId: string; files: LabFiles; message: string },
): Promise<{ versionId: string; number: number; created: boolean }> {
  requireRole(actor, "ADMIN");
  const declared = /^id:\s*["']?([a-z0-9-]+)/m.exec(input.files["lab.yaml"] ?? "")?.[1];
  if (declared !== undefined && declared !== input.labId)
    throw new AppError(
      "invalid",
      `lab.yaml has the id "${declared}": a version of ${input.labId} keeps its id.`,
    );
  const stored = await storeVersion(deps, {
    files: input.files,
    authorId: actor.userId,
    message: input.message.trim(),
  });
  if (stored.labId !== input.labId) throw new AppError("invalid", "lab.yaml has another lab's id.");
  if (stored.created)
    await recordAudit(deps.db, {
      actorId: actor.userId,
      action: "lab.draft",
      target: stored.id,
      details: { labId: stored.labId, number: stored.number },
    });
  return { versionId: stored.id, number: stored.number, created: stored.created };
}

/** Makes a version the one that new attempts get. Throws `conflict` unless it is publishable. */
export async function publishVersion(deps: ExamDeps, actor: Actor, versionId: string): Promise<void> {
  const version = await getVersion(deps, actor, versionId);
  if (!version.publishable)
    throw new AppError("conflict", "This version has not passed its validation yet: validate it first.");
  await makeCurrent(deps, version);
  await recordAudit(deps.db, {
    actorId: actor.userId,
    action: "lab.publish",
    target: versionId,
    details: { labId: version.labId, number: version.number },
  });
}

interface VersionRow {
  id: string;
  labId: string;
  number: number;
  sha256: string;
  state: "DRAFT" | "PUBLISHED";
  validation: VersionSummary["validation"];
  validationSteps: unknown;
  message: string;
  authorId: string | null;
  author: { name: string } | null;
  currentOf: { id: string } | null;
  createdAt: Date;
  publishedAt: Date | null;
  _count: { attempts: number };
}

function summarise(row: VersionRow): VersionSummary {
  return {
    id: row.id,
    labId: row.labId,
    number: row.number,
    sha256: row.sha256,
    state: row.state,
    current: row.currentOf !== null,
    validation: row.validation,
    validationSteps: z.array(validationStep).catch([]).parse(row.validationSteps),
    message: row.message,
    author: row.author?.name,
    createdAtMs: row.createdAt.getTime(),
    publishedAtMs: row.publishedAt?.getTime(),
    attempts: row._count.attempts,
    publishable: row.validation === "PASSED" || row.state === "PUBLISHED" || row.authorId === null,
  };
}
