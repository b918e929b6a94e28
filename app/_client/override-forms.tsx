"use client";

import { PenLine } from "lucide-react";
import { useState, useTransition } from "react";
import { toast } from "sonner";
import { overrideScoreAction } from "@/app/_actions/scores";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/card";
import { Dialog } from "@/app/_ui/dialog";
import { Field, Input, Textarea } from "@/app/_ui/field";
import { Form } from "@/app/_ui/form";
import { formatPoints } from "@/app/_ui/format";

type Change = Parameters<typeof overrideScoreAction>[0]["change"];

function useOverride(attemptId: string) {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<string>();
  const [busy, start] = useTransition();
  const save = (change: Change, reason: string) =>
    start(async () => {
      const result = await overrideScoreAction({ attemptId, change, reason });
      if (!result.ok) return setError(result.error);
      toast.success("The score is changed. The former one stays in the history.");
      setOpen(false);
    });
  const onOpenChange = (next: boolean) => {
    setError(undefined);
    setOpen(next);
  };
  return { open, onOpenChange, error, busy, save };
}

/** Sets the points of one question, with a reason that the student reads. */
export function QuestionOverride({
  attemptId,
  questionId,
  title,
  points,
  pointsMax,
}: {
  attemptId: string;
  questionId: string;
  title: string;
  points: number;
  pointsMax: number;
}) {
  const { open, onOpenChange, error, busy, save } = useOverride(attemptId);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      trigger={
        <Button size="sm">
          <PenLine aria-hidden /> Change the points
        </Button>
      }
      title="Change the points"
      description={title}
    >
      <Form
        onSend={(form) =>
          save({ questionId, points: Number(form.get("points")) }, String(form.get("reason")))
        }
      >
        <Field label={`Points, 0 to ${formatPoints(pointsMax)}`}>
          {(props) => (
            <Input
              {...props}
              name="points"
              type="number"
              min={0}
              max={pointsMax}
              step="any"
              defaultValue={points}
              required
              className="w-32 tabular-nums"
            />
          )}
        </Field>
        <ReasonField />
        <div role="alert">{error ? <Notice tone="bad">{error}</Notice> : null}</div>
        <Save busy={busy} />
      </Form>
    </Dialog>
  );
}

/** Lifts or sets the veto of the guards. */
export function GuardOverride({ attemptId, vetoed }: { attemptId: string; vetoed: boolean }) {
  const { open, onOpenChange, error, busy, save } = useOverride(attemptId);
  const label = vetoed ? "Lift the veto" : "Veto the score";
  return (
    <div className="mt-5 border-t border-line pt-4">
      <Dialog
        open={open}
        onOpenChange={onOpenChange}
        trigger={
          <Button size="sm">
            <PenLine aria-hidden /> {label}
          </Button>
        }
        title={label}
        description={
          vetoed
            ? "The score becomes the sum of the questions again."
            : "The score becomes zero, whatever the questions gave."
        }
      >
        <Form onSend={(form) => save({ vetoed: !vetoed }, String(form.get("reason")))}>
          <ReasonField />
          <div role="alert">{error ? <Notice tone="bad">{error}</Notice> : null}</div>
          <Save busy={busy} />
        </Form>
      </Dialog>
    </div>
  );
}

function Save({ busy }: { busy: boolean }) {
  return (
    <div className="flex justify-end">
      <Button type="submit" variant="primary" busy={busy}>
        Save
      </Button>
    </div>
  );
}

function ReasonField() {
  return (
    <Field label="Reason" hint="The student and other graders read it. It stays in the history.">
      {(props) => <Textarea {...props} name="reason" required minLength={3} maxLength={1000} />}
    </Field>
  );
}
