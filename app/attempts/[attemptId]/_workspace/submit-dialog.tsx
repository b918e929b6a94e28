"use client";

import { Flag } from "lucide-react";
import { useState } from "react";
import { Button } from "@/app/_ui/button";
import { Dialog, DialogClose } from "@/app/_ui/dialog";
import { Notice } from "@/app/_ui/card";
import { plural } from "@/app/_ui/format";

interface Listed {
  index: number;
  title: string;
}

/** Asks once more, and says what is not answered yet. */
export function SubmitDialog({
  open,
  onOpenChange,
  unanswered,
  flagged,
  tasks,
  onSubmit,
  onGo,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  unanswered: Listed[];
  flagged: Listed[];
  tasks: number;
  onSubmit: () => Promise<void>;
  onGo: (index: number) => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function submit() {
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
    } catch (failure) {
      setError((failure as Error).message);
      setBusy(false);
    }
  }

  const list = (items: Listed[]) => (
    <ul className="mt-2 space-y-0.5">
      {items.map(({ index, title }) => (
        <li key={index}>
          <button
            type="button"
            className="w-full rounded-md px-2 py-1 text-left text-sm hover:bg-sunken"
            onClick={() => {
              onOpenChange(false);
              onGo(index);
            }}
          >
            <span className="mr-2.5 inline-block w-4 text-right font-mono text-xs text-muted tabular-nums">
              {index + 1}
            </span>
            {title}
          </button>
        </li>
      ))}
    </ul>
  );

  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={
        unanswered.length > 0
          ? `${plural(unanswered.length, "question")} not answered`
          : "Submit your answers?"
      }
      description={
        <>
          After this nothing can be changed and your lab is taken down.
          {tasks > 0 ? ` ${plural(tasks, "task")} will be graded on the state of your cluster.` : ""}
        </>
      }
    >
      {unanswered.length > 0 ? list(unanswered) : null}
      {flagged.length > 0 ? (
        <div className="mt-4">
          <p className="flex items-center gap-1.5 text-[13px] font-medium text-warn">
            <Flag className="size-3.5 fill-current" aria-hidden /> You flagged
          </p>
          {list(flagged)}
        </div>
      ) : null}
      {error ? (
        <Notice tone="bad" className="mt-4">
          {error}
        </Notice>
      ) : null}
      <div className="mt-6 flex justify-end gap-2">
        <DialogClose asChild>
          <Button>Keep working</Button>
        </DialogClose>
        <Button variant="primary" busy={busy} onClick={() => void submit()}>
          Submit
        </Button>
      </div>
    </Dialog>
  );
}
