import { z } from "zod";
import { route } from "@/app/_server/route";
import { setFlag } from "@/lib/exam/save-answer";

export const PUT = route<{ attemptId: string; questionId: string }, z.ZodObject<{ flagged: z.ZodBoolean }>>(
  ({ deps, actor, params, body }) => setFlag(deps, actor, { ...params, flagged: body.flagged }),
  z.object({ flagged: z.boolean() }),
);
