import { z } from "zod";
import { route } from "@/app/_server/route";
import { answerValue } from "@/lib/contract/check";
import { saveAnswer } from "@/lib/exam/save-answer";

export const PUT = route<
  { attemptId: string; questionId: string },
  z.ZodObject<{ value: z.ZodNullable<typeof answerValue> }>
>(
  ({ deps, actor, params, body }) => saveAnswer(deps, actor, { ...params, value: body.value }),
  z.object({ value: answerValue.nullable() }),
);
