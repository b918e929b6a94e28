import { route } from "@/app/_server/route";
import { checkQuestion } from "@/lib/exam/check-question";

export const POST = route<{ attemptId: string; questionId: string }>(({ deps, actor, params }) =>
  checkQuestion(deps, actor, params),
);
