import { CircleAlert, CircleCheck, CircleDashed, CircleHelp, Lightbulb, PenLine } from "lucide-react";
import type { ReactNode } from "react";
import { Badge, type Tone } from "@/app/_ui/badge";
import { cn } from "@/app/_ui/cn";
import { formatDuration, formatPoints, outcomeWords } from "@/app/_ui/format";
import { Markdown } from "@/app/_ui/markdown";
import type { AnswerValue, Evidence } from "@/lib/contract/check";
import type { QuestionResult } from "@/lib/exam/get-result";

const icons = {
  passed: CircleCheck,
  partial: CircleHelp,
  failed: CircleAlert,
  unanswered: CircleDashed,
  ungradable: CircleHelp,
  pending: CircleDashed,
};
const colours: Record<Tone, string> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  neutral: "text-muted",
  accent: "text-accent",
};

/** Each question with the answer, the points, why, the evidence and the explanation. */
export function ResultQuestions({
  questions,
  own,
  tools,
}: {
  questions: QuestionResult[];
  /** The reader's own attempt. */
  own: boolean;
  /** What a grader can do with a question. */
  tools?: (question: QuestionResult) => ReactNode;
}) {
  return (
    <ol className="space-y-3">
      {questions.map((question, index) => {
        const { label, tone } = outcomeWords[question.outcome]!;
        const Icon = icons[question.outcome];
        return (
          <li key={question.id} id={`question-${index + 1}`} className="scroll-mt-20">
            <details
              open={question.outcome !== "passed"}
              className="group rounded-lg border border-line bg-surface"
            >
              <summary className="flex list-none items-center gap-3 rounded-lg px-4 py-3 hover:bg-sunken/60 sm:px-5 [&::-webkit-details-marker]:hidden">
                <Icon className={cn("size-5 shrink-0", colours[tone])} aria-hidden />
                <span className="min-w-0 flex-1">
                  <span className="mr-2 font-mono text-xs text-muted tabular-nums">{index + 1}</span>
                  <span className="font-medium">{question.title}</span>
                </span>
                {question.overridden ? (
                  <Badge tone="accent">
                    <PenLine aria-hidden /> By a grader
                  </Badge>
                ) : null}
                <span className={cn("hidden text-[13px] sm:inline", colours[tone])}>{label}</span>
                <span className="font-mono text-sm whitespace-nowrap tabular-nums">
                  {formatPoints(question.points)}
                  <span className="text-muted">/{formatPoints(question.pointsMax)}</span>
                </span>
              </summary>
              <div className="space-y-4 border-t border-line px-4 py-4 sm:px-5">
                <Markdown text={question.body} className="text-[15px]" />
                <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[7rem_1fr] sm:gap-y-3 [&>dd]:max-sm:mb-2">
                  {question.kind !== "task" ? (
                    <>
                      <dt className="text-muted">{own ? "Your answer" : "Answer"}</dt>
                      <dd>
                        <AnswerText value={question.answer} />
                      </dd>
                    </>
                  ) : null}
                  {question.reason ? (
                    <>
                      <dt className="text-muted">Why</dt>
                      <dd>{question.reason}</dd>
                    </>
                  ) : null}
                </dl>
                {question.evidence.length > 0 ? (
                  <EvidenceTable evidence={question.evidence} title={question.title} />
                ) : null}
                {question.explanation ? (
                  <div className="rounded-md bg-sunken px-4 py-3">
                    <p className="mb-1 flex items-center gap-1.5 text-[13px] font-medium text-muted">
                      <Lightbulb className="size-3.5" aria-hidden /> Explanation
                    </p>
                    <Markdown text={question.explanation} className="text-sm" />
                  </div>
                ) : null}
                <p className="flex flex-wrap gap-x-4 text-xs text-muted">
                  {question.durationMs > 0 ? (
                    <span>Checked in {formatDuration(question.durationMs)}</span>
                  ) : null}
                  {question.hintUsed ? <span>The hint was shown</span> : null}
                </p>
                {tools?.(question)}
              </div>
            </details>
          </li>
        );
      })}
    </ol>
  );
}

export function AnswerText({ value }: { value: AnswerValue | null }) {
  if (value === null) return <span className="text-muted">None</span>;
  return (
    <span className="font-mono text-[13px] break-words">
      {Array.isArray(value) ? value.join(", ") : value}
    </span>
  );
}

export function EvidenceTable({ evidence, title }: { evidence: Evidence[]; title: string }) {
  return (
    <div
      role="region"
      aria-label={`Evidence: ${title}`}
      tabIndex={0}
      className="relative overflow-x-auto rounded-md border border-line"
    >
      <table className="w-full text-[13px]">
        <caption className="sr-only">What the check looked at</caption>
        <thead className="max-sm:sr-only">
          <tr className="bg-sunken text-left text-xs text-muted">
            <th scope="col" className="px-3 py-1.5 font-medium">
              Looked at
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              Expected
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              Seen
            </th>
          </tr>
        </thead>
        <tbody>
          {evidence.map((entry, index) => (
            <tr key={index} className="border-t border-line align-top max-sm:grid max-sm:grid-cols-2">
              <td className="px-3 py-2 max-sm:col-span-2 max-sm:pb-0">
                <span className="flex gap-1.5">
                  {entry.passed ? (
                    <CircleCheck className="mt-0.5 size-3.5 shrink-0 text-good" aria-label="As expected" />
                  ) : (
                    <CircleAlert className="mt-0.5 size-3.5 shrink-0 text-bad" aria-label="Not as expected" />
                  )}
                  {entry.label}
                </span>
                {entry.source ? (
                  <code className="mt-1 block min-w-32 font-mono text-xs wrap-anywhere text-muted">
                    {entry.source}
                  </code>
                ) : null}
              </td>
              <Value term="Expected">{entry.expected}</Value>
              <Value term="Seen">{entry.seen}</Value>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** With its heading beside it where the row is too narrow for columns. */
function Value({ term, children }: { term: string; children: string }) {
  return (
    <td className="min-w-24 px-3 py-2 font-mono wrap-anywhere whitespace-pre-wrap">
      <span className="mb-0.5 block font-sans text-xs text-muted sm:hidden">{term}</span>
      {children}
    </td>
  );
}
