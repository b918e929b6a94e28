import { PenLine, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { Badge } from "@/app/_ui/badge";
import { formatPercent, shortId, stateWords } from "@/app/_ui/format";
import { Table, Td, Th, Tr } from "@/app/_ui/table";
import { Time } from "@/app/_ui/time";
import type { AttemptSummary } from "@/lib/exam/list-attempts";

/** Attempts as rows; with `students` it says whose they are. */
export function AttemptTable({
  attempts,
  caption,
  students,
  hrefOf,
}: {
  attempts: AttemptSummary[];
  caption: string;
  students: boolean;
  hrefOf: (attempt: AttemptSummary) => string;
}) {
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <Th>Attempt</Th>
          {students ? <Th className="max-sm:hidden">Student</Th> : null}
          <Th>Practice test</Th>
          <Th className="text-right">Score</Th>
          <Th>State</Th>
          <Th className="max-sm:hidden">Started</Th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt) => {
          const state = stateWords[attempt.state]!;
          return (
            <Tr key={attempt.id}>
              <Td>
                <Link href={hrefOf(attempt)} className="font-mono text-[13px] text-accent hover:underline">
                  {shortId(attempt.id)}
                </Link>
              </Td>
              {students ? (
                <Td className="max-sm:hidden">
                  <span className="block whitespace-nowrap">{attempt.student.name}</span>
                  <span className="font-mono text-xs text-muted">{attempt.student.username}</span>
                </Td>
              ) : null}
              <Td className="sm:min-w-44">
                {students ? (
                  <span className="block font-medium sm:hidden">{attempt.student.name}</span>
                ) : null}
                {attempt.title}
                <span className="block text-xs text-muted">
                  {attempt.mode === "EXAM" ? "Exam conditions" : "Practice"}
                  <span className="block sm:hidden">
                    <Time ms={attempt.createdAtMs} />
                  </span>
                </span>
              </Td>
              <Td className="text-right whitespace-nowrap tabular-nums">
                {attempt.percent === undefined ? (
                  <span className="text-muted">–</span>
                ) : (
                  <span className="inline-flex items-center gap-2">
                    {attempt.overridden ? (
                      <PenLine className="size-3.5 text-muted" aria-label="Changed by a grader" />
                    ) : null}
                    <span className={attempt.passed ? "font-medium text-good" : "font-medium text-bad"}>
                      {formatPercent(attempt.percent)}
                    </span>
                    <span className="sr-only">{attempt.passed ? "passed" : "not passed"}</span>
                  </span>
                )}
              </Td>
              <Td>
                <span className="flex flex-wrap gap-1">
                  <Badge tone={state.tone}>{state.label}</Badge>
                  {attempt.needsReview ? (
                    <Badge tone="warn">
                      <TriangleAlert aria-hidden /> Needs a grader
                    </Badge>
                  ) : null}
                </span>
              </Td>
              <Td className="whitespace-nowrap text-muted max-sm:hidden">
                <Time ms={attempt.createdAtMs} />
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
