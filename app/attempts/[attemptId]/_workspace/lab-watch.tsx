"use client";

import { CircleAlert, Hammer, Loader2 } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { api } from "@/app/_client/api";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import type { LabHealth } from "@/lib/exam/lab-health";

const everyMs = 15_000;
const words: Record<Exclude<LabHealth["state"], "ready">, string> = {
  waking: "Your lab was asleep and is being woken: files, objects and addresses are as you left them.",
  starting: "Your lab is being built again. This takes a few seconds.",
  lost: "Your lab does not run any more. Your answers are safe; what was done in the cluster is gone.",
  unknown: "The service that runs labs does not answer at the moment. Your lab and your answers are safe.",
};

/** Looks after the lab while it is worked on, and offers to build it again when it was lost. */
export function LabWatch({ attemptId }: { attemptId: string }) {
  const [state, setState] = useState<LabHealth["state"]>("ready");
  const isFirst = useRef(true);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const path = `/api/attempts/${attemptId}/lab`;

  const look = useCallback(async () => {
    const health = await api<LabHealth>("GET", path).catch(() => undefined);
    if (health) setState(health.state);
  }, [path]);

  // Whoever comes back after a while should not have to wait for the first look.
  useEffect(() => {
    if (isFirst.current) void look();
    isFirst.current = false;
  }, [look]);

  useEffect(() => {
    const timer = setInterval(
      () => void look(),
      state === "ready" ? everyMs : isOnItsWay(state) ? 500 : 2000,
    );
    return () => clearInterval(timer);
  }, [look, state]);

  async function rebuild() {
    setBusy(true);
    try {
      await api("POST", path, {});
      setAsking(false);
      await look();
    } catch (failure) {
      toast.error((failure as Error).message);
    } finally {
      setBusy(false);
    }
  }

  if (state === "ready") return null;
  return (
    <div role="status" className="flex flex-wrap items-center gap-3 bg-warn-soft px-4 py-2 text-sm text-warn">
      {isOnItsWay(state) ? (
        <Loader2 className="size-4 shrink-0 animate-spin" aria-hidden />
      ) : (
        <CircleAlert className="size-4 shrink-0" aria-hidden />
      )}
      <span className="min-w-0 flex-1">{words[state]}</span>
      {state === "lost" ? (
        <Dialog
          open={asking}
          onOpenChange={setAsking}
          trigger={
            <Button size="sm">
              <Hammer aria-hidden /> Build it again
            </Button>
          }
          title="Build the lab again?"
          description="You get the same addresses and names, as they were at the start. The time goes on meanwhile."
        >
          <div className="flex justify-end">
            <Button variant="primary" busy={busy} onClick={() => void rebuild()}>
              Build it again
            </Button>
          </div>
        </Dialog>
      ) : null}
    </div>
  );
}

function isOnItsWay(state: LabHealth["state"]): boolean {
  return state === "starting" || state === "waking";
}
