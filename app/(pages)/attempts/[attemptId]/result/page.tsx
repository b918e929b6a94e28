import { History } from "lucide-react";
import Link from "next/link";
import { notFound, redirect } from "next/navigation";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { GradingWait } from "@/app/_client/grading-wait";
import { StartButton } from "@/app/_client/start-button";
import { ResultQuestions } from "@/app/_components/result-questions";
import { ScoreHistory } from "@/app/_components/score-history";
import { ScoreSummary } from "@/app/_components/score-summary";
import { Button } from "@/app/_ui/button";
import { PageHeader } from "@/app/_ui/card";
import { shortId } from "@/app/_ui/format";
import { AppError } from "@/lib/core/app-error";
import { getResult } from "@/lib/exam/get-result";

export const metadata = { title: "Result" };

export default async function ResultPage({ params }: { params: Promise<{ attemptId: string }> }) {
  const actor = await pageActor();
  const { attemptId } = await params;
  const result = await getResult(deps(), actor, { attemptId }).catch((failure: unknown) => {
    if (failure instanceof AppError && failure.code === "not-found") notFound();
    if (failure instanceof AppError && failure.code === "conflict") redirect(`/attempts/${attemptId}`);
    throw failure;
  });
  if (!result.own) redirect(`/grading/${attemptId}`);
  if (result.state === "FAILED" || result.state === "ABANDONED") redirect(`/attempts/${attemptId}`);
  return (
    <>
      <PageHeader
        eyebrow={
          <>
            {result.domain} · {shortId(result.id)}
          </>
        }
        title={result.title}
        actions={
          <>
            <StartButton labId={result.labId} title={result.title} mode={result.mode} variant="primary">
              Try again
            </StartButton>
            <Button asChild>
              <Link href="/history">
                <History aria-hidden /> My attempts
              </Link>
            </Button>
          </>
        }
      />
      {result.score ? (
        <>
          <ScoreSummary result={result} />
          <h2 className="sr-only">Questions</h2>
          <ResultQuestions questions={result.questions} own />
          <ScoreHistory result={result} />
        </>
      ) : (
        <GradingWait timeOver={result.state === "EXPIRED"} problem={result.problem} />
      )}
    </>
  );
}
