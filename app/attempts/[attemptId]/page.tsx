import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { AppError } from "@/lib/core/app-error";
import { getAttempt } from "@/lib/exam/get-attempt";
import { getStart } from "@/lib/exam/get-start";
import { StartScreen } from "./_workspace/start-screen";
import { Workspace } from "./_workspace/workspace";

export const metadata: Metadata = { title: "Attempt" };

export default async function AttemptPage({ params }: { params: Promise<{ attemptId: string }> }) {
  const actor = await pageActor();
  const { attemptId } = await params;
  const view = await getAttempt(deps(), actor, { attemptId }).catch((failure: unknown) => {
    if (failure instanceof AppError && failure.code === "not-found") notFound();
    throw failure;
  });
  if (view.state === "RUNNING") return <Workspace attempt={view} />;
  if (view.state === "PREPARING" || view.state === "FAILED" || view.state === "ABANDONED")
    return <StartScreen initial={await getStart(deps(), actor, { attemptId })} minutes={view.minutes} />;
  redirect(`/attempts/${attemptId}/result`);
}
