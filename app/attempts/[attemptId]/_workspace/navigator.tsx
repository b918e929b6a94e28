"use client";

import { Flag } from "lucide-react";
import { cn } from "@/app/_ui/cn";
import type { AnswerValue } from "@/lib/contract/check";
import type { Feedback } from "@/lib/exam/check-question";
import type { QuestionView } from "@/lib/exam/get-attempt";

interface NavigatorProps {
  questions: QuestionView[];
  current: number;
  values: Record<string, AnswerValue | null>;
  flags: Record<string, boolean>;
  feedback: Record<string, Feedback | undefined>;
  onGo: (index: number) => void;
}

/** All questions at a glance: which are answered, flagged, checked. */
export function Navigator({ questions, current, values, flags, feedback, onGo }: NavigatorProps) {
  return (
    <nav aria-label="Questions" className="border-b border-line px-4 py-2.5">
      <ol className="flex flex-wrap gap-1.5">
        {questions.map((question, index) => {
          const answered = isAnswered(question, values, feedback);
          const outcome = feedback[question.id]?.outcome;
          const words = [
            `Question ${index + 1}: ${question.title}`,
            answered ? "answered" : question.kind === "task" ? "task" : "not answered",
            outcome === "passed" ? "checked, right" : outcome ? "checked, not right yet" : "",
            flags[question.id] ? "flagged" : "",
          ];
          return (
            <li key={question.id}>
              <button
                type="button"
                aria-label={words.filter(Boolean).join(", ")}
                aria-current={index === current ? "step" : undefined}
                title={question.title}
                onClick={() => onGo(index)}
                className={cn(
                  "relative grid size-7 place-items-center rounded-md border text-xs font-medium tabular-nums transition-colors",
                  answered
                    ? "border-transparent bg-accent-soft text-accent"
                    : "border-line-strong bg-surface text-muted hover:text-ink",
                  outcome === "passed" && "border-transparent bg-good-soft text-good",
                  outcome && outcome !== "passed" && "border-transparent bg-warn-soft text-warn",
                  index === current && "ring-2 ring-ink ring-offset-1 ring-offset-surface",
                )}
              >
                {index + 1}
                {flags[question.id] ? (
                  <Flag className="absolute -top-1.5 -right-1 size-3 fill-current text-warn" aria-hidden />
                ) : null}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** A task counts as done only when a check said so: nobody can see it from here. */
export function isAnswered(
  question: QuestionView,
  values: Record<string, AnswerValue | null>,
  feedback: Record<string, Feedback | undefined>,
): boolean {
  if (question.kind === "task") return feedback[question.id]?.outcome === "passed";
  const value = values[question.id];
  return value != null && value.length > 0;
}
