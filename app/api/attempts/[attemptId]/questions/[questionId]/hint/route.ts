import { route } from "@/app/_server/route";
import { revealHint } from "@/lib/exam/reveal-hint";

export const POST = route<{ attemptId: string; questionId: string }>(async ({ deps, actor, params }) => ({
  hint: await revealHint(deps, actor, params),
}));
