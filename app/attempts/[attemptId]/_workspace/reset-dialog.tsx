"use client";

import { useState } from "react";
import { api } from "@/app/_client/api";
import { Notice } from "@/app/_ui/card";
import { Button } from "@/app/_ui/button";
import { Dialog, DialogClose } from "@/app/_ui/dialog";

/** Asks once more before the lab is put back to its start. */
export function ResetDialog({
  attemptId,
  open,
  onOpenChange,
  onReset,
}: {
  attemptId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The lab is being built again. */
  onReset: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function reset() {
    setBusy(true);
    setError(undefined);
    try {
      await api("POST", `/api/attempts/${attemptId}/lab/reset`, {});
      onOpenChange(false);
      onReset();
    } catch (failure) {
      setError((failure as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Reset the lab to its start?"
      description="Everything that you did in the cluster and on its nodes is thrown away, and your terminals are closed. Addresses and names stay the same, your answers are kept, and the time goes on."
    >
      {error ? <Notice tone="bad">{error}</Notice> : null}
      <div className="mt-6 flex justify-end gap-2">
        <DialogClose asChild>
          <Button>Keep the lab</Button>
        </DialogClose>
        <Button variant="primary" busy={busy} onClick={() => void reset()}>
          Reset the lab
        </Button>
      </div>
    </Dialog>
  );
}
