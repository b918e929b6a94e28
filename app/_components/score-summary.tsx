import { ShieldAlert } from "lucide-react";
import { Badge } from "@/app/_ui/badge";
import { Card, Notice } from "@/app/_ui/card";
import { formatDuration, formatPercent, formatPoints, plural } from "@/app/_ui/format";
import { ScoreRing } from "@/app/_ui/score-ring";
import { Time } from "@/app/_ui/time";
import type { ResultView } from "@/lib/exam/get-result";

/** The score, large, with what it is made of. */
export function ScoreSummary({ result }: { result: ResultView }) {
  const { score, questions, guards } = result;
  if (!score) return null;
  const right = questions.filter(({ outcome }) => outcome === "passed").length;
  const open = questions.filter(({ outcome }) => outcome === "ungradable").length;
  const failedGuards = guards.filter(({ outcome }) => outcome === "failed");
  return (
    <Card className="mb-6 p-5 sm:p-6">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-5 sm:gap-x-8">
        <ScoreRing percent={score.percent} passMark={result.passMark} passed={score.passed} />
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-2 text-xl font-semibold">
            {score.passed ? "Passed" : "Not passed"}
            {score.kind === "OVERRIDE" ? <Badge tone="accent">Changed by a grader</Badge> : null}
          </p>
          <p className="mt-0.5 text-muted tabular-nums">
            {formatPoints(score.points)} of {plural(score.pointsMax, "point")} · pass mark{" "}
            {formatPercent(result.passMark)}
          </p>
          <dl className="mt-4 flex flex-wrap gap-x-8 gap-y-2 text-sm">
            <Fact term="Right">
              {right} of {questions.length}
            </Fact>
            {result.readyAtMs !== undefined && result.endedAtMs !== undefined ? (
              <Fact term="Time used">{formatDuration(result.endedAtMs - result.readyAtMs)}</Fact>
            ) : null}
            <Fact term="Mode">{result.mode === "PRACTICE" ? "Practice" : "Exam conditions"}</Fact>
            {result.endedAtMs !== undefined ? (
              <Fact term="Ended">
                <Time ms={result.endedAtMs} />
              </Fact>
            ) : null}
          </dl>
        </div>
      </div>
      {score.vetoed ? (
        <Notice tone="bad" icon={<ShieldAlert aria-hidden />} className="mt-5">
          <p className="font-medium">Something that had to stay as it was is broken, so the score is zero.</p>
          {failedGuards.map((guard) => (
            <p key={guard.id}>{guard.reason}</p>
          ))}
        </Notice>
      ) : null}
      {open > 0 && score.kind !== "OVERRIDE" ? (
        <Notice tone="warn" className="mt-5">
          {plural(open, "question")} could not be graded by the machine. A grader looks at it, and the score
          may rise.
        </Notice>
      ) : null}
    </Card>
  );
}

function Fact({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="tabular-nums">{children}</dd>
    </div>
  );
}
