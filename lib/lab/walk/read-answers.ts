import type { AnswerValue } from "@/lib/contract/check";
import type { ParameterValues } from "@/lib/contract/fields";
import type { Lab } from "../lab";
import { renderQuestion } from "../render-question";

export type Answers = Record<string, AnswerValue>;

/**
 * Reads what a solution or mistake answers: lines `answer QUESTION-ID VALUE` of its output; all other lines are its own
 * business. A `choice` with `multiple` takes one line for each option.
 */
export function readAnswers(
  lab: Lab,
  parameters: ParameterValues,
  stdout: string,
): { answers: Answers; problems: string[] } {
  const answers: Answers = {};
  const problems: string[] = [];
  for (const line of stdout.split("\n")) {
    const match = /^answer\s+(\S+)\s*(.*?)\s*$/.exec(line);
    if (!match) continue;
    const [, id, value] = match as unknown as [string, string, string];
    const question = lab.manifest.questions.find((other) => other.id === id);
    if (!question || question.kind === "task") {
      problems.push(`It answers "${id}", which is no choice or text question of the lab.`);
      continue;
    }
    if (question.kind === "choice") {
      const { options, multiple } = renderQuestion(lab, id, parameters, "");
      if (!options.includes(value))
        problems.push(
          `It answers ${id} with "${value}", which is not one of ${options.map((option) => `"${option}"`).join(", ")}.`,
        );
      if (multiple) {
        answers[id] = [...new Set([...((answers[id] as string[] | undefined) ?? []), value])];
        continue;
      }
    }
    answers[id] = value;
  }
  return { answers, problems };
}
