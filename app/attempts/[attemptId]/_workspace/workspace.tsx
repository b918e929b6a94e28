"use client";

import { CheckCheck, CloudOff, Keyboard, Loader2, LogOut, RotateCcw } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";
import { toast } from "sonner";
import type { ApiError } from "@/app/_client/api";
import { api } from "@/app/_client/api";
import { Badge } from "@/app/_ui/badge";
import { Button } from "@/app/_ui/button";
import { cn } from "@/app/_ui/cn";
import { LogoMark } from "@/app/_ui/logo";
import { Tooltip } from "@/app/_ui/tooltip";
import type { Feedback } from "@/lib/exam/check-question";
import type { AttemptView } from "@/lib/exam/get-attempt";
import { LabWatch } from "./lab-watch";
import { isAnswered, Navigator } from "./navigator";
import { QuestionPanel } from "./question-panel";
import { ShortcutsDialog, useShortcuts, type Command } from "./shortcuts";
import { ResetDialog } from "./reset-dialog";
import { Split } from "./split";
import { SubmitDialog } from "./submit-dialog";
import { TerminalPanel } from "./terminal-panel";
import { Timer } from "./timer";
import type { SaveState } from "./answer-queue";
import { useAnswers } from "./use-answers";

/** Question at the left, terminal at the right: where an attempt is worked on. */
export function Workspace({ attempt }: { attempt: AttemptView }) {
  const router = useRouter();
  const { id, questions } = attempt;
  const practice = attempt.mode === "PRACTICE";
  const [current, setCurrent] = useState(() => firstOpen(attempt));
  const [shown, setShown] = useState<"left" | "right">("left");
  const [flags, setFlags] = useState(() => byId(attempt, (question) => question.flagged));
  const [hints, setHints] = useState(() => byId(attempt, (question) => question.hint));
  const [feedback, setFeedback] = useState(() => byId(attempt, (question) => question.feedback));
  const [checking, setChecking] = useState<string>();
  const [resets, setResets] = useState(0);
  const [dialog, setDialog] = useState<"submit" | "help" | "reset">();

  const onRefused = useCallback(
    (sentence: string) => {
      toast.error(sentence);
      router.refresh();
    },
    [router],
  );
  const answers = useAnswers(
    id,
    byId(attempt, (question) => question.answer),
    onRefused,
  );
  const question = questions[current]!;
  const path = `/api/attempts/${id}/questions/${question.id}`;

  const go = (index: number) => {
    if (index < 0 || index >= questions.length) return;
    setCurrent(index);
    setShown("left");
  };

  async function check() {
    if (!practice || checking) return;
    const questionId = question.id;
    setChecking(questionId);
    try {
      await answers.flush();
      const result = await api<Feedback>("POST", `${path}/check`, {});
      setFeedback((before) => ({ ...before, [questionId]: result }));
    } catch (failure) {
      toast.error((failure as Error).message);
      if ((failure as ApiError).code === "conflict") router.refresh();
    } finally {
      setChecking(undefined);
    }
  }

  async function flag() {
    const flagged = !flags[question.id];
    setFlags((before) => ({ ...before, [question.id]: flagged }));
    try {
      await api("PUT", `${path}/flag`, { flagged });
    } catch (failure) {
      setFlags((before) => ({ ...before, [question.id]: !flagged }));
      toast.error((failure as Error).message);
    }
  }

  async function showHint() {
    try {
      const { hint } = await api<{ hint: string }>("POST", `${path}/hint`, {});
      setHints((before) => ({ ...before, [question.id]: hint }));
    } catch (failure) {
      toast.error((failure as Error).message);
    }
  }

  async function submit() {
    await answers.flush();
    await api("POST", `/api/attempts/${id}/submit`, {});
    router.push(`/attempts/${id}/result`);
  }

  const onOver = useCallback(() => {
    toast("Time is over. Your answers are being graded.");
    // The server decides when time is over: a moment later it surely has.
    setTimeout(() => router.refresh(), 1200);
  }, [router]);

  useShortcuts((command: Command) => {
    if (command === "next") go(current + 1);
    else if (command === "previous") go(current - 1);
    else if (command === "check") void check();
    else if (command === "flag") void flag();
    else if (command === "help") setDialog("help");
    else if (command === "terminal") {
      setShown("right");
      requestAnimationFrame(() => focusFirst("[data-terminal] .xterm-helper-textarea"));
    } else {
      setShown("left");
      requestAnimationFrame(() => focusFirst("[data-answer]"));
    }
  });

  const listed = questions.map(({ title }, index) => ({ index, title }));
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-surface px-3 sm:px-4">
        <Link
          href="/"
          aria-label="Practice tests (the attempt goes on)"
          title="Practice tests (the attempt goes on)"
        >
          <LogoMark />
        </Link>
        <h1 className="min-w-0 truncate text-sm font-semibold">{attempt.title}</h1>
        <Badge tone={practice ? "accent" : "warn"} className="max-sm:hidden">
          {practice ? "Practice" : "Exam"}
        </Badge>
        <div className="ml-auto flex items-center gap-2 sm:gap-3">
          <SaveIndicator state={answers.state} />
          {attempt.deadlineAtMs !== undefined ? (
            <Timer deadlineAtMs={attempt.deadlineAtMs} serverNowMs={attempt.serverNowMs} onOver={onOver} />
          ) : null}
          <Tooltip text="Reset the lab to its start">
            <Button
              variant="ghost"
              size="icon"
              aria-label="Reset the lab to its start"
              onClick={() => setDialog("reset")}
            >
              <RotateCcw aria-hidden />
            </Button>
          </Tooltip>
          <Tooltip text="Keyboard shortcuts" keys="?">
            <Button
              variant="ghost"
              size="icon"
              className="max-sm:hidden"
              aria-label="Keyboard shortcuts"
              onClick={() => setDialog("help")}
            >
              <Keyboard aria-hidden />
            </Button>
          </Tooltip>
          <Button variant="primary" size="sm" onClick={() => setDialog("submit")}>
            <LogOut aria-hidden className="max-sm:hidden" /> Submit
          </Button>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        <PanelSwitch shown={shown} onShow={setShown} />
        <LabWatch key={resets} attemptId={id} />
        <Split
          shown={shown}
          left={
            <div className="flex h-full flex-col bg-surface">
              <Navigator
                questions={questions}
                current={current}
                values={answers.values}
                flags={flags}
                feedback={feedback}
                onGo={go}
              />
              <div className="min-h-0 flex-1">
                <QuestionPanel
                  question={question}
                  index={current}
                  count={questions.length}
                  practice={practice}
                  value={answers.values[question.id] ?? null}
                  flagged={flags[question.id] ?? false}
                  hint={hints[question.id]}
                  feedback={feedback[question.id]}
                  checking={checking === question.id}
                  onAnswer={(value, soon) => answers.set(question.id, value, soon)}
                  onFlag={() => void flag()}
                  onHint={() => void showHint()}
                  onCheck={() => void check()}
                  onGo={go}
                />
              </div>
            </div>
          }
          right={<TerminalPanel attemptId={id} nodes={attempt.nodes} />}
        />
      </main>
      <SubmitDialog
        open={dialog === "submit"}
        onOpenChange={(open) => setDialog(open ? "submit" : undefined)}
        unanswered={listed.filter(
          ({ index }) =>
            questions[index]!.kind !== "task" && !isAnswered(questions[index]!, answers.values, feedback),
        )}
        flagged={listed.filter(({ index }) => flags[questions[index]!.id])}
        tasks={questions.filter(({ kind }) => kind === "task").length}
        onSubmit={submit}
        onGo={go}
      />
      <ResetDialog
        attemptId={id}
        open={dialog === "reset"}
        onReset={() => setResets((before) => before + 1)}
        onOpenChange={(open) => setDialog(open ? "reset" : undefined)}
      />
      <ShortcutsDialog
        open={dialog === "help"}
        onOpenChange={(open) => setDialog(open ? "help" : undefined)}
      />
    </div>
  );
}

/** On narrow screens, where one of the two is seen at a time. */
function PanelSwitch({
  shown,
  onShow,
}: {
  shown: "left" | "right";
  onShow: (shown: "left" | "right") => void;
}) {
  const tabs = [
    { value: "left", label: "Question" },
    { value: "right", label: "Terminal" },
  ] as const;
  return (
    <div
      role="group"
      aria-label="Panel"
      className="flex shrink-0 border-b border-line bg-surface split:hidden"
    >
      {tabs.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          aria-pressed={shown === value}
          onClick={() => onShow(value)}
          className={cn(
            "flex-1 border-b-2 border-transparent py-2 text-sm font-medium text-muted",
            shown === value && "border-accent text-ink",
          )}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

const saveWords: Record<SaveState, string> = {
  saved: "Saved",
  saving: "Saving",
  offline:
    "Not saved yet: the server does not take it. It is kept in this browser and tried again by itself.",
  "signed-out":
    "Not saved yet: your session has ended. It is kept in this browser and sent when you have signed in.",
  refused: "An answer was not accepted",
};

function SaveIndicator({ state }: { state: SaveState }) {
  const Icon = state === "saved" ? CheckCheck : state === "saving" ? Loader2 : CloudOff;
  return (
    <span
      role="status"
      title={saveWords[state]}
      className={cn(
        "flex items-center gap-1.5 text-[13px] text-muted [&_svg]:size-4",
        state !== "saved" && state !== "saving" && "font-medium text-bad",
      )}
    >
      <Icon className={cn(state === "saving" && "animate-spin")} aria-hidden />
      <span className="max-sm:sr-only">
        {state === "offline" || state === "signed-out" ? "Not saved yet" : saveWords[state]}
      </span>
    </span>
  );
}

function byId<T>(attempt: AttemptView, pick: (question: AttemptView["questions"][number]) => T) {
  return Object.fromEntries(attempt.questions.map((question) => [question.id, pick(question)])) as Record<
    string,
    T
  >;
}

/** A reload comes back to the first question that is still open. */
function firstOpen({ questions }: AttemptView): number {
  const open = questions.findIndex(
    ({ answer, feedback }) => answer === null && feedback?.outcome !== "passed",
  );
  return Math.max(0, open);
}

function focusFirst(selector: string): void {
  const visible = [...document.querySelectorAll<HTMLElement>(selector)].find(
    (element) => element.closest("[hidden]") === null && element.parentElement?.offsetParent !== null,
  );
  visible?.focus();
}
