"use client";

import { Check, CircleAlert, Circle, Loader2, Users } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { api } from "@/app/_client/api";
import { StartButton } from "@/app/_client/start-button";
import { useNow } from "@/app/_client/use-now";
import { Topology } from "@/app/_components/topology";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/card";
import { cn } from "@/app/_ui/cn";
import { formatDuration, plural } from "@/app/_ui/format";
import { Logo } from "@/app/_ui/logo";
import type { StartView } from "@/lib/exam/get-start";

/** What a student sees while a lab gets ready, in words; goes on to the workspace by itself. */
export function StartScreen({ initial, minutes }: { initial: StartView; minutes: number }) {
  const router = useRouter();
  const { view, offline } = useStart(initial);
  const [leaving, setLeaving] = useState(false);
  const waiting = view.state === "PREPARING";

  useEffect(() => {
    if (view.state !== "PREPARING" && view.state !== initial.state) router.refresh();
  }, [view.state, initial.state, router]);

  async function giveUp() {
    setLeaving(true);
    try {
      await api("POST", `/api/attempts/${view.attemptId}/abandon`, {});
      router.push("/");
    } catch (failure) {
      toast.error((failure as Error).message);
      setLeaving(false);
    }
  }

  return (
    <main id="main" className="relative grid min-h-dvh place-items-center overflow-hidden px-5 py-10">
      <div className="dot-grid absolute inset-0 opacity-60" aria-hidden />
      <div className="relative w-full max-w-md">
        <div className="mb-6 flex items-center justify-between">
          <Link href="/" aria-label="examctl: practice tests">
            <Logo />
          </Link>
          <Topology nodes={2} active={waiting} />
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-raised sm:p-7">
          <h1 className="text-xl font-semibold">{headline(view)}</h1>
          <p className="mt-1 text-sm text-muted">
            {view.title} · {minutes} minutes
            {waiting ? ". Your time starts when the lab is ready." : ""}
          </p>
          <div aria-live="polite">
            {offline ? (
              <Notice tone="warn" icon={<CircleAlert aria-hidden />} className="mt-5">
                The server does not answer at the moment. This page keeps trying.
              </Notice>
            ) : view.problem ? (
              <Notice tone={waiting ? "warn" : "bad"} icon={<CircleAlert aria-hidden />} className="mt-5">
                {view.problem}
              </Notice>
            ) : null}
            {view.queuePosition !== undefined ? <Queue view={view} /> : null}
          </div>
          {view.queuePosition === undefined && view.state !== "ABANDONED" ? <Steps view={view} /> : null}
          <div className="mt-6 flex items-center justify-between gap-3">
            {waiting ? (
              <>
                <Waited sinceMs={view.waitingSinceMs} serverNowMs={initial.serverNowMs} />
                <Button variant="ghost" busy={leaving} onClick={() => void giveUp()}>
                  Cancel
                </Button>
              </>
            ) : (
              <>
                <StartButton
                  labId={view.labId}
                  title={view.title}
                  mode={view.mode}
                  variant="primary"
                  label={`Start again: ${view.title}`}
                >
                  Start again
                </StartButton>
                <Button asChild variant="ghost">
                  <Link href="/">All practice tests</Link>
                </Button>
              </>
            )}
          </div>
        </div>
      </div>
    </main>
  );
}

function headline({ state, queuePosition }: StartView): string {
  if (state === "FAILED") return "The lab did not start";
  if (state === "ABANDONED") return "You gave this attempt up";
  if (queuePosition !== undefined) return "Waiting for a free place";
  return "Your cluster is getting ready";
}

function Queue({ view }: { view: StartView }) {
  return (
    <div className="mt-5 flex items-center gap-4 rounded-lg bg-sunken p-4">
      <Users className="size-6 text-muted" aria-hidden />
      <p className="text-sm">
        The class is full: this server runs {plural(view.labsRunningMax, "lab")} at once.
        <br />
        You are <strong className="tabular-nums">number {view.queuePosition}</strong> in line. It goes on by
        itself.
      </p>
    </div>
  );
}

function Steps({ view }: { view: StartView }) {
  return (
    <ol className="mt-5 space-y-0.5">
      {view.steps.map((step) => (
        <li
          key={step.id}
          className={cn(
            "flex items-center gap-3 rounded-md px-2 py-1.5 text-sm",
            step.state === "waiting" && "text-muted",
            step.state === "running" && "bg-sunken font-medium",
          )}
        >
          <span className="grid size-5 place-items-center [&_svg]:size-4">
            {step.state === "done" ? (
              <Check className="text-good" aria-hidden />
            ) : step.state === "running" ? (
              <Loader2 className="animate-spin text-accent" aria-hidden />
            ) : step.state === "failed" ? (
              <CircleAlert className="text-bad" aria-hidden />
            ) : (
              <Circle className="scale-50 text-line-strong" aria-hidden />
            )}
          </span>
          <span className="flex-1">{step.title}</span>
          <span className="sr-only">: {step.state}</span>
          {step.durationMs !== undefined && step.state === "done" ? (
            <span className="font-mono text-xs text-muted tabular-nums">
              {formatDuration(step.durationMs)}
            </span>
          ) : null}
        </li>
      ))}
    </ol>
  );
}

function Waited({ sinceMs, serverNowMs }: { sinceMs: number; serverNowMs: number }) {
  const now = useNow(serverNowMs, 100);
  return (
    <span className="font-mono text-[13px] text-muted tabular-nums">
      {(Math.max(0, now - sinceMs) / 1000).toFixed(1)} s
    </span>
  );
}

/** Follows the start by long polls until it is over. */
function useStart(initial: StartView): { view: StartView; offline: boolean } {
  const [view, setView] = useState(initial);
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    if (initial.state !== "PREPARING") return;
    const controller = new AbortController();
    const follow = async () => {
      let revision = initial.revision;
      while (!controller.signal.aborted) {
        try {
          const path = `/api/attempts/${initial.attemptId}/start?after=${revision}`;
          const next = await api<StartView>("GET", path, undefined, controller.signal);
          setOffline(false);
          setView(next);
          if (next.state !== "PREPARING") return;
          if (next.revision === revision || next.revision < 0) await pause(1000);
          revision = next.revision;
        } catch {
          if (controller.signal.aborted) return;
          setOffline(true);
          await pause(2000);
        }
      }
    };
    void follow();
    return () => controller.abort();
  }, [initial.attemptId, initial.revision, initial.state]);
  return { view, offline };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
