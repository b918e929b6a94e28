"use client";

import { SquareTerminal } from "lucide-react";
import { useId } from "react";
import { Badge } from "@/app/_ui/badge";
import { cn } from "@/app/_ui/cn";
import { Input } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/card";
import type { AnswerValue } from "@/lib/contract/check";
import type { QuestionView } from "@/lib/exam/get-attempt";

const typeWords: Record<string, string> = {
  string: "Capitals and spaces at the ends do not matter unless the question says so.",
  integer: "A whole number.",
  ip: "An IP address.",
  cidr: "A range such as 10.0.0.0/16.",
  mac: "A MAC address, in any usual form.",
  set: "Several values, separated by commas or spaces; the order does not matter.",
  regex: "Text.",
};

/** How a question is answered, by its kind. `onChange(value, soon)`: a choice is saved at once, typing after a pause. */
export function AnswerInput({
  question,
  value,
  onChange,
}: {
  question: QuestionView;
  value: AnswerValue | null;
  onChange: (value: AnswerValue | null, soon: boolean) => void;
}) {
  const id = useId();
  if (question.kind === "task")
    return (
      <Notice icon={<SquareTerminal aria-hidden />}>
        This one is done in the cluster: there is nothing to enter here.
        {question.node ? (
          <>
            {" "}
            Work on <Badge className="font-mono">{question.node}</Badge>
          </>
        ) : null}
      </Notice>
    );
  if (question.kind === "text")
    return (
      <div>
        <label htmlFor={id} className="mb-1.5 block text-[13px] font-medium">
          Your answer
        </label>
        <Input
          id={id}
          data-answer
          className="h-10 font-mono"
          value={typeof value === "string" ? value : ""}
          placeholder={question.placeholder}
          maxLength={10_000}
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          aria-describedby={`${id}-type`}
          onChange={(event) => onChange(event.target.value || null, false)}
        />
        <p id={`${id}-type`} className="mt-1.5 text-[13px] text-muted">
          {typeWords[question.answerType ?? "string"]}
        </p>
      </div>
    );
  const chosen = Array.isArray(value) ? value : value === null ? [] : [value];
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-[13px] font-medium">
        {question.multiple ? "Choose all that are right" : "Choose one"}
      </legend>
      <div className="space-y-1.5">
        {question.options.map((option, index) => {
          const checked = chosen.includes(option);
          return (
            <label
              key={option}
              className={cn(
                "flex cursor-pointer items-center gap-3 rounded-md border px-3 py-2 text-sm transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
                checked ? "border-accent bg-accent-soft" : "border-line bg-surface hover:border-line-strong",
              )}
            >
              <input
                type={question.multiple ? "checkbox" : "radio"}
                name={id}
                {...(index === 0 ? { "data-answer": true } : {})}
                className="size-4 shrink-0 accent-(--accent) outline-none"
                checked={checked}
                onChange={() => onChange(next(question, chosen, option), true)}
              />
              <span className="min-w-0 font-mono text-[13px] break-words">{option}</span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function next(question: QuestionView, chosen: string[], option: string): AnswerValue | null {
  if (!question.multiple) return option;
  const list = chosen.includes(option) ? chosen.filter((other) => other !== option) : [...chosen, option];
  return list.length === 0 ? null : list;
}
