import { labManifest } from "@/lib/contract/lab";
import type { Actor } from "@/lib/auth/roles";
import type { ExamDeps } from "./deps";
import { percent } from "./score";

/** A practice test as a student sees it in the list. */
export interface LabCard {
  id: string;
  title: string;
  domain: string;
  summary: string;
  minutes: number;
  questions: number;
  tasks: number;
  nodes: number;
  passMark: number;
  /** The actor's attempt that is preparing or running. */
  activeAttemptId: string | undefined;
  activeDeadlineAtMs: number | undefined;
  attempts: number;
  last: { attemptId: string; percent: number; passed: boolean } | undefined;
  bestPercent: number | undefined;
}

/** The published labs by domain and title, with how the actor did. */
export async function listLabs(deps: ExamDeps, actor: Actor): Promise<LabCard[]> {
  const [labs, attempts] = await Promise.all([
    deps.db.lab.findMany({
      where: { versionId: { not: null } },
      include: { version: { select: { manifest: true } } },
    }),
    deps.db.attempt.findMany({
      where: { userId: actor.userId },
      orderBy: { createdAt: "desc" },
      include: { scores: { orderBy: { sequence: "desc" }, take: 1 } },
    }),
  ]);
  return labs
    .map((lab) => {
      const manifest = labManifest.parse(lab.version!.manifest);
      const mine = attempts.filter((attempt) => attempt.labId === lab.id);
      const active = mine.find(({ state }) => state === "PREPARING" || state === "RUNNING");
      const graded = mine
        .filter(({ scores }) => scores.length > 0)
        .map(({ id, scores: [score] }) => ({
          attemptId: id,
          percent: percent(score!.points, score!.pointsMax),
          passed: score!.passed,
        }));
      return {
        id: lab.id,
        title: manifest.title,
        domain: manifest.domain,
        summary: manifest.summary,
        minutes: manifest.minutes,
        questions: manifest.questions.length,
        tasks: manifest.questions.filter(({ kind }) => kind === "task").length,
        nodes: manifest.nodes.length,
        passMark: manifest.passMark,
        activeAttemptId: active?.id,
        activeDeadlineAtMs: active?.deadlineAt?.getTime(),
        attempts: mine.length,
        last: graded[0],
        bestPercent: graded.length > 0 ? Math.max(...graded.map((entry) => entry.percent)) : undefined,
      };
    })
    .sort((a, b) => a.domain.localeCompare(b.domain) || a.title.localeCompare(b.title));
}
