import { answerValue, type AnswerValue } from "@/lib/contract/check";
import type { NodeRole } from "@/lib/contract/environment";
import { parameterValues } from "@/lib/contract/fields";
import { renderQuestion } from "@/lib/lab/render-question";
import { resolveEnvironment } from "@/lib/lab/resolve-environment";
import type { Actor } from "@/lib/auth/roles";
import { isOverdue, type AttemptState } from "./attempt-state";
import type { Feedback } from "./check-question";
import type { ExamDeps } from "./deps";
import { findOwnAttempt } from "./find-attempt";
import { loadVersion } from "./load-version";
import { tryMoveAttempt } from "./move-attempt";

export interface QuestionView {
  id: string;
  kind: "choice" | "text" | "task";
  title: string;
  points: number;
  /** Markdown. */
  body: string;
  options: string[];
  multiple: boolean;
  answerType: string | undefined;
  placeholder: string;
  node: string | undefined;
  hasHint: boolean;
  /** Markdown; only once it was asked for. */
  hint: string | undefined;
  answer: AnswerValue | null;
  revision: number;
  flagged: boolean;
  feedback: Feedback | undefined;
}

/** An attempt as its student works on it. Plain JSON; holds no explanation, no expected value, no hint unasked. */
export interface AttemptView {
  id: string;
  labId: string;
  title: string;
  domain: string;
  mode: "PRACTICE" | "EXAM";
  state: AttemptState;
  deadlineAtMs: number | undefined;
  minutes: number;
  serverNowMs: number;
  nodes: { name: string; role: NodeRole }[];
  questions: QuestionView[];
}

/** The actor's own attempt. Throws `not-found` for anybody else's. */
export async function getAttempt(
  deps: ExamDeps,
  actor: Actor,
  input: { attemptId: string },
): Promise<AttemptView> {
  let attempt = await findOwnAttempt(deps, actor, input.attemptId);
  const nowMs = deps.clock.now();
  if (attempt.state === "RUNNING" && isOverdue(attempt, nowMs))
    attempt = (await tryMoveAttempt(deps.db, attempt, { type: "deadline" }, nowMs)) ?? attempt;
  const { lab } = await loadVersion(deps, attempt.versionId);
  const parameters = parameterValues.parse(attempt.parameters);
  const answers = await deps.db.answer.findMany({ where: { attemptId: attempt.id } });
  const answerOf = new Map(answers.map((answer) => [answer.questionId, answer]));
  const feedback = await latestFeedback(deps, attempt.id);
  return {
    id: attempt.id,
    labId: attempt.labId,
    title: lab.manifest.title,
    domain: lab.manifest.domain,
    mode: attempt.mode,
    state: attempt.state,
    deadlineAtMs: attempt.deadlineAt?.getTime(),
    minutes: lab.manifest.minutes,
    serverNowMs: nowMs,
    nodes: resolveEnvironment(lab, parameters).nodes.map(({ name, role }) => ({ name, role })),
    questions: lab.manifest.questions.map(({ id }) => {
      const {
        bodyMarkdown,
        hint,
        explanation: _kept,
        ...question
      } = renderQuestion(lab, id, parameters, attempt.seed);
      const answer = answerOf.get(id);
      const practice = attempt.mode === "PRACTICE";
      return {
        ...question,
        body: bodyMarkdown,
        hasHint: practice && hint !== undefined,
        hint: practice && answer?.hintShownAt ? hint : undefined,
        answer: answer?.value == null ? null : answerValue.parse(answer.value),
        revision: answer?.revision ?? 0,
        flagged: answer?.flagged ?? false,
        feedback: feedback.get(id),
      };
    }),
  };
}

async function latestFeedback(deps: ExamDeps, attemptId: string): Promise<Map<string, Feedback>> {
  const rows = await deps.db.checkResult.findMany({
    where: { attemptId, purpose: "FEEDBACK" },
    orderBy: { createdAt: "asc" },
  });
  return new Map(
    rows.map((row) => [
      row.questionId,
      {
        outcome: row.outcome.toLowerCase() as Feedback["outcome"],
        points: row.points,
        pointsMax: row.pointsMax,
        reason: row.reason,
        checkedAtMs: row.createdAt.getTime(),
      },
    ]),
  );
}
