import { Badge } from "@/app/_ui/badge";
import { formatPercent, formatPoints } from "@/app/_ui/format";
import { Time } from "@/app/_ui/time";
import type { ResultView } from "@/lib/exam/get-result";

/** Every score that the attempt ever had, newest first. */
export function ScoreHistory({ result }: { result: ResultView }) {
  if (result.scores.length < 2) return null;
  const titleOf = (id: string) => result.questions.find((question) => question.id === id)?.title ?? id;
  return (
    <section aria-label="History of the score" className="mt-8">
      <h2 className="mb-3 font-semibold">History of the score</h2>
      <ol className="space-y-3 border-l-2 border-line pl-5">
        {[...result.scores].reverse().map((score) => (
          <li key={score.sequence} className="text-sm">
            <p className="flex flex-wrap items-center gap-2">
              <span className="font-medium tabular-nums">
                {formatPercent(score.percent)} · {formatPoints(score.points)} of{" "}
                {formatPoints(score.pointsMax)}
              </span>
              <Badge tone={score.passed ? "good" : "bad"}>{score.passed ? "Passed" : "Not passed"}</Badge>
              <span className="text-muted">
                {score.kind === "GRADED"
                  ? "Graded by its checks"
                  : `Changed by ${score.grader ?? "a grader"}`}{" "}
                · <Time ms={score.createdAtMs} />
              </span>
            </p>
            {score.reason ? (
              <p className="mt-0.5 text-muted">
                {score.questionId ? `${titleOf(score.questionId)}: ` : ""}
                {score.reason}
              </p>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  );
}
