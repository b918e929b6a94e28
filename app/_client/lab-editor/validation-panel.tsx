"use client";

import { Check, CircleAlert, Loader2 } from "lucide-react";
import { formatDuration } from "@/app/_ui/format";
import { Notice } from "@/app/_ui/card";
import type { FollowedVersion } from "./use-validation";

/** How the validation of a version goes, step by step. */
export function ValidationPanel({ version }: { version: FollowedVersion }) {
  if (version.validation === "NONE")
    return (
      <p className="text-sm text-muted">
        {version.author === undefined
          ? "This version came with examctl, which proves its labs before it is released."
          : "Not validated yet. Validating plays the solution and every mistake in clusters of its own."}
      </p>
    );
  return (
    <div aria-live="polite" className="max-h-[30rem] overflow-y-auto">
      {version.interrupted ? (
        <Notice tone="warn" className="mb-3">
          The validation was cut off by a restart of the server. Start it again.
        </Notice>
      ) : null}
      <ol className="space-y-1">
        {version.validationSteps.map((step) => (
          <li key={step.step} className="text-sm">
            <div className="flex items-center gap-2.5">
              {step.state === "done" ? (
                <Check className="size-4 shrink-0 text-good" aria-label="Done" />
              ) : step.state === "failed" ? (
                <CircleAlert className="size-4 shrink-0 text-bad" aria-label="Failed" />
              ) : (
                <Loader2 className="size-4 shrink-0 animate-spin text-accent" aria-label="Running" />
              )}
              <span className="min-w-0 flex-1">{step.title}</span>
              {step.durationMs !== undefined ? (
                <span className="font-mono text-xs text-muted tabular-nums">
                  {formatDuration(step.durationMs)}
                </span>
              ) : null}
            </div>
            {(step.problems ?? []).map((problem, index) => (
              <p key={index} className="mt-1 ml-6.5 text-[13px] break-words whitespace-pre-wrap text-bad">
                {problem}
              </p>
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}
