import { after } from "next/server";
import { route } from "@/app/_server/route";
import { gradeAttempt } from "@/lib/exam/grade-attempt";
import { submitAttempt } from "@/lib/exam/submit-attempt";

export const POST = route<{ attemptId: string }>(async ({ deps, actor, params }) => {
  await submitAttempt(deps, actor, params);
  // The sweeper would come to it as well; this is sooner.
  after(() =>
    gradeAttempt(deps, params.attemptId).catch((err: unknown) => deps.logger.error({ err }, "grading")),
  );
});
