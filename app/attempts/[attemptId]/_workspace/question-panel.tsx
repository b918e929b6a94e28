"use client";

import {
  Check,
  ChevronLeft,
  ChevronRight,
  CircleAlert,
  CircleCheck,
  CircleHelp,
  Flag,
  Lightbulb,
} from "lucide-react";
import { useEffect, useRef } from "react";
import { Badge } from "@/app/_ui/badge";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/card";
import { cn } from "@/app/_ui/cn";
import { formatPoints, outcomeWords, plural } from "@/app/_ui/format";
import { Markdown } from "@/app/_ui/markdown";
import { Tooltip } from "@/app/_ui/tooltip";
import type { AnswerValue } from "@/lib/contract/check";
import type { Feedback } from "@/lib/exam/check-question";
import type { QuestionView } from "@/lib/exam/get-attempt";
import { AnswerInput } from "./answer-input";

interface QuestionPanelProps {
  question: QuestionView;
  index: number;
  count: number;
  practice: boolean;
  value: AnswerValue | null;
  flagged: boolean;
  hint: string | undefined;
  feedback: Feedback | undefined;
  checking: boolean;
  onAnswer: (value: AnswerValue | null, soon: boolean) => void;
  onFlag: () => void;
  onHint: () => void;
  onCheck: () => void;
  onGo: (index: number) => void;
}

/** One question: its text, the answer, a hint and a check in practice, and the way to its neighbours. */
export function QuestionPanel(props: QuestionPanelProps) {
  const { question, index, count, practice, value, flagged, hint, feedback, checking, onGo } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const shownId = useRef(question.id);
  useEffect(() => {
    // After going to another question, readers of the screen hear its title; not on the first load.
    if (shownId.current !== question.id) heading.current?.focus();
    shownId.current = question.id;
  }, [question.id]);

  return (
    <section aria-label={`Question ${index + 1} of ${count}`} className="flex h-full flex-col">
      <div className="flex-1 overflow-y-auto px-5 py-5" tabIndex={-1}>
        <div className="mb-3 flex items-center justify-between gap-3">
          <p className="font-mono text-xs text-muted">
            Question {index + 1} of {count} · {plural(question.points, "point")}
          </p>
          <Tooltip text={flagged ? "Take the flag away" : "Flag to come back"} keys="f">
            <Button
              variant="ghost"
              size="sm"
              aria-pressed={flagged}
              aria-label="Flag this question"
              onClick={props.onFlag}
              className={cn(flagged && "text-warn hover:text-warn")}
            >
              <Flag className={cn(flagged && "fill-current")} aria-hidden />
              {flagged ? "Flagged" : "Flag"}
            </Button>
          </Tooltip>
        </div>
        <h2 ref={heading} tabIndex={-1} className="mb-3 text-lg font-semibold outline-none">
          {question.title}
        </h2>
        <Markdown text={question.body} />
        <div className="mt-5">
          <AnswerInput key={question.id} question={question} value={value} onChange={props.onAnswer} />
        </div>
        {practice ? (
          <div className="mt-4 flex flex-wrap gap-2">
            <Button variant="secondary" busy={checking} onClick={props.onCheck}>
              {checking ? null : <Check aria-hidden />}
              {checking ? "Checking" : "Check"}
            </Button>
            {question.hasHint && hint === undefined ? (
              <Button variant="ghost" onClick={props.onHint}>
                <Lightbulb aria-hidden /> Show the hint
              </Button>
            ) : null}
          </div>
        ) : null}
        <div aria-live="polite" className="mt-4 space-y-3">
          {feedback && !checking ? <FeedbackNotice feedback={feedback} /> : null}
        </div>
        {hint !== undefined ? (
          <div className="mt-4 rounded-md border border-line bg-sunken px-3.5 py-3 text-sm">
            <p className="mb-1 flex items-center gap-1.5 text-[13px] font-medium text-muted">
              <Lightbulb className="size-3.5" aria-hidden /> Hint
            </p>
            <Markdown text={hint} />
          </div>
        ) : null}
      </div>
      <div className="flex items-center justify-between gap-2 border-t border-line px-4 py-2.5">
        <Button variant="ghost" size="sm" disabled={index === 0} onClick={() => onGo(index - 1)}>
          <ChevronLeft aria-hidden /> Previous
        </Button>
        <Button
          variant={index === count - 1 ? "ghost" : "secondary"}
          size="sm"
          disabled={index === count - 1}
          onClick={() => onGo(index + 1)}
        >
          Next <ChevronRight aria-hidden />
        </Button>
      </div>
    </section>
  );
}

function FeedbackNotice({ feedback }: { feedback: Feedback }) {
  const { label, tone } = outcomeWords[feedback.outcome]!;
  const Icon =
    feedback.outcome === "passed" ? CircleCheck : feedback.outcome === "failed" ? CircleAlert : CircleHelp;
  const noticeTone = tone === "accent" ? "neutral" : tone;
  return (
    <Notice tone={noticeTone} icon={<Icon aria-hidden />}>
      <p className="font-medium">
        {label}{" "}
        <Badge className="ml-1 border-current/25 bg-transparent text-current tabular-nums">
          {formatPoints(feedback.points)} of {formatPoints(feedback.pointsMax)}
        </Badge>
      </p>
      <p className="mt-0.5 text-ink">{feedback.reason}</p>
    </Notice>
  );
}
