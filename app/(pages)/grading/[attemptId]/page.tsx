import { Film, ShieldCheck } from "lucide-react";
import { notFound } from "next/navigation";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { GuardOverride, QuestionOverride } from "@/app/_client/override-forms";
import { Recordings } from "@/app/_client/recordings";
import { EvidenceTable, ResultQuestions } from "@/app/_components/result-questions";
import { ScoreHistory } from "@/app/_components/score-history";
import { ScoreSummary } from "@/app/_components/score-summary";
import { TerminalPanel } from "@/app/attempts/[attemptId]/_workspace/terminal-panel";
import { Badge } from "@/app/_ui/badge";
import { Card, EmptyState, Notice, PageHeader } from "@/app/_ui/card";
import { outcomeWords, shortId, stateWords } from "@/app/_ui/format";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/app/_ui/tabs";
import { Time } from "@/app/_ui/time";
import { AppError } from "@/lib/core/app-error";
import { getResult, type ResultView } from "@/lib/exam/get-result";
import { listRecordings, type Recording } from "@/lib/exam/recordings";

export const metadata = { title: "Attempt" };

export default async function GradingAttemptPage({ params }: { params: Promise<{ attemptId: string }> }) {
  const actor = await pageActor("GRADER");
  const { attemptId } = await params;
  const result = await getResult(deps(), actor, { attemptId }).catch((failure: unknown) => {
    // A grader's own running attempt is worked on elsewhere.
    if (failure instanceof AppError && ["not-found", "conflict"].includes(failure.code)) notFound();
    throw failure;
  });
  const recordings = await listRecordings(deps(), actor, { attemptId }).catch((failure: unknown) => {
    deps().logger.warn({ err: failure, attemptId }, "recordings could not be listed");
    return undefined;
  });
  const state = stateWords[result.state]!;
  const canOverride = result.state === "GRADED" && !result.own;
  return (
    <>
      <PageHeader
        eyebrow={
          <>
            {shortId(result.id)} · {result.labId} v{result.versionNumber}
          </>
        }
        title={result.student.name}
        actions={<Badge tone={state.tone}>{state.label}</Badge>}
      >
        {result.title} · {result.mode === "EXAM" ? "Exam conditions" : "Practice"} · started{" "}
        <Time ms={result.createdAtMs} />
      </PageHeader>
      {result.problem ? (
        <Notice tone="warn" className="mb-6">
          {result.problem}
        </Notice>
      ) : null}
      <ScoreSummary result={result} />
      <Tabs defaultValue="answers">
        <TabsList aria-label="Parts of the attempt" className="mb-5">
          <TabsTrigger value="answers">Answers</TabsTrigger>
          <TabsTrigger value="terminals">Terminals</TabsTrigger>
          <TabsTrigger value="facts">Values and guards</TabsTrigger>
          {result.scores.length > 1 ? <TabsTrigger value="history">History</TabsTrigger> : null}
        </TabsList>
        <TabsContent value="answers">
          <ResultQuestions
            questions={result.questions}
            own={result.own}
            tools={
              canOverride
                ? (question) => (
                    <QuestionOverride
                      attemptId={result.id}
                      questionId={question.id}
                      title={question.title}
                      points={question.points}
                      pointsMax={question.pointsMax}
                    />
                  )
                : undefined
            }
          />
        </TabsContent>
        <TabsContent value="terminals">
          {result.state === "RUNNING" ? (
            <Card className="mb-5 h-[26rem] overflow-hidden">
              <TerminalPanel attemptId={result.id} nodes={[]} watch />
            </Card>
          ) : null}
          <TerminalsTab attemptId={result.id} recordings={recordings} />
        </TabsContent>
        <TabsContent value="facts">
          <Facts result={result} canOverride={canOverride} />
        </TabsContent>
        <TabsContent value="history">
          <ScoreHistory result={result} />
        </TabsContent>
      </Tabs>
    </>
  );
}

function TerminalsTab({ attemptId, recordings }: { attemptId: string; recordings: Recording[] | undefined }) {
  if (recordings === undefined)
    return (
      <Notice tone="warn">The terminal service does not answer. Load the page again in a moment.</Notice>
    );
  if (recordings.length === 0)
    return (
      <EmptyState icon={<Film aria-hidden />} title="No terminal was opened">
        Every terminal of an attempt is recorded from its first byte and can be replayed here.
      </EmptyState>
    );
  return <Recordings attemptId={attemptId} recordings={recordings} />;
}

function Facts({ result, canOverride }: { result: ResultView; canOverride: boolean }) {
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <Card className="p-5">
        <h2 className="mb-1 font-semibold">Values of this attempt</h2>
        <p className="mb-4 text-sm text-muted">
          Drawn for this student alone; the questions and checks use them.
        </p>
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
          {Object.entries(result.parameters ?? {}).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="font-mono text-[13px] break-all">{String(value)}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card className="p-5">
        <h2 className="mb-1 font-semibold">Guards</h2>
        <p className="mb-4 text-sm text-muted">
          What had to stay as it was. A guard that fails makes the score zero.
        </p>
        {result.guards.length === 0 ? (
          <p className="flex items-center gap-2 text-sm text-muted">
            <ShieldCheck className="size-4" aria-hidden /> This practice test has none, or was not graded yet.
          </p>
        ) : (
          <ul className="space-y-4">
            {result.guards.map((guard) => (
              <li key={guard.id}>
                <p className="mb-2 flex items-center gap-2 text-sm">
                  <span className="font-mono text-[13px]">{guard.id}</span>
                  <Badge tone={outcomeWords[guard.outcome]!.tone}>
                    {guard.outcome === "passed"
                      ? "Held"
                      : guard.outcome === "failed"
                        ? "Broken"
                        : "Not known"}
                  </Badge>
                </p>
                <p className="mb-2 text-sm text-muted">{guard.reason}</p>
                {guard.evidence.length > 0 ? (
                  <EvidenceTable evidence={guard.evidence} title={guard.id} />
                ) : null}
              </li>
            ))}
          </ul>
        )}
        {canOverride && result.guards.length > 0 ? (
          <GuardOverride attemptId={result.id} vetoed={result.score?.vetoed ?? false} />
        ) : null}
      </Card>
    </div>
  );
}
