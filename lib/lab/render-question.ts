import { AppError } from "@/lib/core/app-error";
import type { ParameterValues } from "@/lib/contract/fields";
import type { AnswerType, Question } from "@/lib/contract/lab";
import type { Lab } from "./lab";
import { SeededRandom } from "./random";
import { renderTemplate } from "./render-template";

/** A question as one attempt shows it. Whoever shows it decides when hint and explanation are due. */
export interface RenderedQuestion {
  id: string;
  kind: Question["kind"];
  title: string;
  points: number;
  bodyMarkdown: string;
  hint: string | undefined;
  explanation: string | undefined;
  /** `choice` only; an answer is the text of an option (or, with `multiple`, an array of them). */
  options: string[];
  multiple: boolean;
  /** `text` only. */
  answerType: AnswerType | undefined;
  placeholder: string;
  /** `task` only: where it is best worked on. */
  node: string | undefined;
}

/** Pure in its arguments: the same seed always gives the same order of options. Throws `not-found`. */
export function renderQuestion(
  lab: Lab,
  questionId: string,
  parameters: ParameterValues,
  seed: string,
): RenderedQuestion {
  const question = lab.manifest.questions.find(({ id }) => id === questionId);
  if (!question) throw new AppError("not-found", `The lab has no question "${questionId}".`);
  const text = lab.texts[questionId]!;
  const render = (template: string) => renderTemplate(template, parameters);
  const options = question.kind === "choice" ? question.options.map((option) => render(option).trim()) : [];
  const inOrder = question.kind === "choice" && question.ordered;
  return {
    id: question.id,
    kind: question.kind,
    title: render(question.title),
    points: question.points,
    bodyMarkdown: render(text.body),
    hint: text.hint === undefined ? undefined : render(text.hint),
    explanation: text.explanation === undefined ? undefined : render(text.explanation),
    options: inOrder ? options : new SeededRandom(seed, `options:${questionId}`).shuffle(options),
    multiple: question.kind === "choice" && question.multiple,
    answerType: question.kind === "text" ? question.answer : undefined,
    placeholder: question.kind === "text" ? render(question.placeholder) : "",
    node: question.kind === "task" ? question.node : undefined,
  };
}
