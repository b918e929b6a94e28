import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { answerValue } from "@/lib/contract/check";
import { answerType } from "@/lib/contract/lab";
import { read, sameAnswer } from "@/lib/lab/answers/same-answer";
import type { CompareValue } from "../guest/bridge";

const request = z.object({ type: answerType, expected: answerValue, given: answerValue });

/** Typed comparison for a guest; JSON in and out. An error is the lab's fault (an expected value of no such type). */
export function compareForGuest(json: string): string {
  try {
    const { type, expected, given } = request.parse(JSON.parse(json));
    const answer = read(type, given);
    const reply: CompareValue = answer.ok
      ? { same: sameAnswer(type, expected, given) }
      : { same: false, problem: answer.problem };
    return JSON.stringify(reply);
  } catch (error) {
    return JSON.stringify({
      error:
        error instanceof AppError ? error.message : "expectAnswer: type, expected and answer must be texts.",
    });
  }
}
