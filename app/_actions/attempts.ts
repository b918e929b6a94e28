"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { act } from "@/app/_server/action";
import { startAttempt } from "@/lib/exam/start-attempt";

const startInput = z.object({ labId: z.string().max(63), mode: z.enum(["PRACTICE", "EXAM"]) });

export async function startAttemptAction(input: z.input<typeof startInput>) {
  return act(startInput, input, async ({ deps, actor, input }) => {
    const { attemptId } = await startAttempt(deps, actor, input);
    redirect(`/attempts/${attemptId}`);
  });
}
