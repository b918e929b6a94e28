import { AppError } from "@/lib/core/app-error";
import { likeText } from "@/lib/db/like-text";
import type { Prisma } from "@/lib/db/generated/client";
import { requireRole, type Actor } from "@/lib/auth/roles";
import type { AttemptState } from "./attempt-state";
import type { ExamDeps } from "./deps";
import { percent } from "./score";

export interface AttemptSummary {
  id: string;
  labId: string;
  title: string;
  mode: "PRACTICE" | "EXAM";
  state: AttemptState;
  student: { id: string; username: string; name: string };
  percent: number | undefined;
  points: number | undefined;
  pointsMax: number | undefined;
  passed: boolean | undefined;
  overridden: boolean;
  /** A question could not be graded by the machine, and no grader has been there since. */
  needsReview: boolean;
  createdAtMs: number;
  endedAtMs: number | undefined;
}

export interface AttemptPage {
  attempts: AttemptSummary[];
  total: number;
  page: number;
  pages: number;
}

export interface AttemptFilter {
  /** Matches student, user name, lab and attempt id. */
  search?: string;
  state?: AttemptState;
  labId?: string;
  mode?: "PRACTICE" | "EXAM";
  needsReview?: boolean;
  /** From 1. */
  page?: number;
  pageSize?: number;
}

/** Attempts of everybody, newest first; for graders. */
export async function listAttempts(
  deps: ExamDeps,
  actor: Actor,
  filter: AttemptFilter = {},
): Promise<AttemptPage> {
  requireRole(actor, "GRADER");
  return page(deps, whereOf(filter), filter);
}

/** The actor's own attempts, newest first. */
export async function listOwnAttempts(
  deps: ExamDeps,
  actor: Actor,
  filter: AttemptFilter = {},
): Promise<AttemptPage> {
  return page(deps, { AND: [whereOf(filter), { userId: actor.userId }] }, filter);
}

function whereOf(filter: AttemptFilter): Prisma.AttemptWhereInput {
  const search = filter.search?.trim();
  const contains = { contains: likeText(search ?? ""), mode: "insensitive" as const };
  return {
    ...(filter.state ? { state: filter.state } : {}),
    ...(filter.labId ? { labId: filter.labId } : {}),
    ...(filter.mode ? { mode: filter.mode } : {}),
    ...(filter.needsReview ? needsReview : {}),
    ...(search
      ? {
          OR: [
            { id: { startsWith: likeText(search.replace(/^#/, "").toLowerCase()) } },
            { labId: contains },
            { user: { username: contains } },
            { user: { name: contains } },
          ],
        }
      : {}),
  };
}

const needsReview = {
  state: "GRADED",
  checkResults: { some: { purpose: "GRADING", outcome: "UNGRADABLE" } },
  scores: { none: { kind: "OVERRIDE" } },
} satisfies Prisma.AttemptWhereInput;

async function page(
  deps: ExamDeps,
  where: Prisma.AttemptWhereInput,
  filter: AttemptFilter,
): Promise<AttemptPage> {
  const pageSize = filter.pageSize ?? 25;
  const number = filter.page ?? 1;
  if (number < 1 || pageSize < 1 || pageSize > 200) throw new AppError("invalid", "There is no such page.");
  const [total, rows] = await Promise.all([
    deps.db.attempt.count({ where }),
    deps.db.attempt.findMany({
      where,
      orderBy: [{ createdAt: "desc" }, { id: "desc" }],
      skip: (number - 1) * pageSize,
      take: pageSize,
      include: {
        user: true,
        version: { select: { manifest: true } },
        scores: { orderBy: { sequence: "desc" }, take: 1 },
        checkResults: { where: { purpose: "GRADING", outcome: "UNGRADABLE" }, select: { id: true }, take: 1 },
      },
    }),
  ]);
  return {
    total,
    page: number,
    pages: Math.max(1, Math.ceil(total / pageSize)),
    attempts: rows.map((row) => {
      const score = row.scores[0];
      return {
        id: row.id,
        labId: row.labId,
        title: titleOf(row.version.manifest, row.labId),
        mode: row.mode,
        state: row.state,
        student: { id: row.user.id, username: row.user.username, name: row.user.name },
        percent: score && percent(score.points, score.pointsMax),
        points: score?.points,
        pointsMax: score?.pointsMax,
        passed: score?.passed,
        overridden: score?.kind === "OVERRIDE",
        needsReview: row.state === "GRADED" && row.checkResults.length > 0 && score?.kind !== "OVERRIDE",
        createdAtMs: row.createdAt.getTime(),
        endedAtMs: row.endedAt?.getTime(),
      };
    }),
  };
}

export function titleOf(manifest: unknown, fallback: string): string {
  const title = (manifest as { title?: unknown } | null)?.title;
  return typeof title === "string" ? title : fallback;
}
