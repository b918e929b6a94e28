"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { act } from "@/app/_server/action";
import { overrideScore } from "@/lib/exam/override-score";

const overrideInput = z.object({
  attemptId: z.string().min(1).max(40),
  change: z.union([
    z.object({ questionId: z.string().max(63), points: z.number("Enter the points as a number.") }),
    z.object({ vetoed: z.boolean() }),
  ]),
  reason: z.string().max(1000, "Use at most 1000 characters for the reason."),
});

export async function overrideScoreAction(input: z.input<typeof overrideInput>) {
  return act(overrideInput, input, async ({ deps, actor, input }) => {
    await overrideScore(deps, actor, input);
    revalidatePath(`/grading/${input.attemptId}`);
  });
}
