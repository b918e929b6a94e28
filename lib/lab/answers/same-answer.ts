import { RE2JS } from "re2js";
import { AppError } from "@/lib/core/app-error";
import type { AnswerValue } from "@/lib/contract/check";
import type { AnswerType } from "@/lib/contract/lab";
import { parseAnswer, type ParsedAnswer } from "./parse-answer";

/**
 * Whether `given` answers a question whose right answer is `expected`, compared as values of the type.
 * For `regex`, `expected` is a pattern that must match the whole answer, with RE2 semantics: linear time, no
 * back-references. Throws `invalid` when `expected` itself is none of its type: that is the lab's fault.
 */
export function sameAnswer(type: AnswerType, expected: AnswerValue, given: AnswerValue): boolean {
  const wanted = type === "regex" ? undefined : read(type, expected);
  if (wanted && !wanted.ok)
    throw new AppError("invalid", `The expected answer is no ${type}: ${wanted.problem}`);
  const answer = read(type, given);
  if (!answer.ok) return false;
  return wanted ? wanted.value === answer.value : compile(String(expected)).matches(answer.value);
}

/** As `parseAnswer`, for a value that may be a list: lists are sets. */
export function read(type: AnswerType, value: AnswerValue): ParsedAnswer {
  if (!Array.isArray(value)) return parseAnswer(type, value);
  if (type !== "set")
    return value.length === 1 ? parseAnswer(type, value[0]!) : { ok: false, problem: "Give one answer." };
  // Items of a list may hold spaces ("kube-proxy config"): they are not split again.
  const items = value.map((item) => item.trim().replace(/\s+/g, " ").toLowerCase()).filter(Boolean);
  return items.length === 0
    ? { ok: false, problem: "This answer is empty." }
    : { ok: true, value: JSON.stringify([...new Set(items)].sort()) };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new AppError(
      "invalid",
      `The expected pattern /${pattern}/ is no RE2 expression: ${(cause as Error).message}`,
      { cause },
    );
  }
}
