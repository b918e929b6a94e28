import { ArrowRight, Clock, ListChecks } from "lucide-react";
import Link from "next/link";
import { StartButton } from "@/app/_client/start-button";
import { Badge } from "@/app/_ui/badge";
import { Button } from "@/app/_ui/button";
import { formatPercent, plural } from "@/app/_ui/format";
import { Progress } from "@/app/_ui/progress";
import type { LabCard as Lab } from "@/lib/exam/list-labs";
import { Topology } from "./topology";

export function LabCard({ lab }: { lab: Lab }) {
  return (
    <li className="group flex flex-col rounded-lg border border-line bg-surface p-5 transition-shadow hover:shadow-raised">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <p className="mb-1 font-mono text-xs text-muted">{lab.domain}</p>
          <h2 className="text-[17px] leading-snug font-semibold">{lab.title}</h2>
        </div>
        <Topology nodes={lab.nodes} active={lab.activeAttemptId !== undefined} />
      </div>
      <p className="mt-1 text-sm text-muted">{lab.summary}</p>
      <dl className="my-4 flex flex-wrap gap-x-4 gap-y-1 text-[13px] text-muted [&_svg]:size-3.5">
        <div className="flex items-center gap-1.5">
          <Clock aria-hidden />
          <dt className="sr-only">Time</dt>
          <dd>{lab.minutes} minutes</dd>
        </div>
        <div className="flex items-center gap-1.5">
          <ListChecks aria-hidden />
          <dt className="sr-only">Questions</dt>
          <dd>
            {plural(lab.questions, "question")}
            {lab.tasks > 0 ? `, ${plural(lab.tasks, "task")}` : ""}
          </dd>
        </div>
      </dl>
      <div className="mt-auto min-h-13 border-t border-line pt-3 text-[13px]">
        {lab.last ? (
          <Link href={`/attempts/${lab.last.attemptId}/result`} className="block hover:underline">
            <span className="flex items-baseline justify-between">
              <span className="text-muted">Last score</span>
              <span className="font-medium tabular-nums">
                {formatPercent(lab.last.percent)} {lab.last.passed ? "· passed" : ""}
              </span>
            </span>
            <Progress
              value={lab.last.percent}
              tone={lab.last.passed ? "good" : "bad"}
              label={`Last score of ${lab.title}`}
              className="mt-1.5"
            />
          </Link>
        ) : (
          <span className="text-muted">Not tried yet · pass mark {formatPercent(lab.passMark)}</span>
        )}
      </div>
      <div className="mt-3 flex items-center justify-between gap-2">
        {lab.activeAttemptId ? (
          <>
            <Button asChild variant="primary">
              <Link href={`/attempts/${lab.activeAttemptId}`} aria-label={`Continue ${lab.title}`}>
                Continue <ArrowRight aria-hidden />
              </Link>
            </Button>
            <Badge tone="accent">In progress</Badge>
          </>
        ) : (
          <>
            <StartButton labId={lab.id} title={lab.title} mode="PRACTICE" variant="primary">
              Practice
            </StartButton>
            <StartButton labId={lab.id} title={lab.title} mode="EXAM" variant="ghost">
              Exam conditions
            </StartButton>
          </>
        )}
      </div>
    </li>
  );
}
