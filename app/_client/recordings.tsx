"use client";

import { SquareTerminal } from "lucide-react";
import { useState } from "react";
import { cn } from "@/app/_ui/cn";
import { formatBytes } from "@/app/_ui/format";
import { Time } from "@/app/_ui/time";
import type { Recording } from "@/lib/exam/recordings";
import { RecordingPlayer } from "./recording-player";

/** The terminals of an attempt and a player for the one chosen. */
export function Recordings({ attemptId, recordings }: { attemptId: string; recordings: Recording[] }) {
  const [chosen, setChosen] = useState(recordings[0]!.sessionId);
  return (
    <div className="grid gap-5 lg:grid-cols-[15rem_1fr]">
      <ul aria-label="Terminals" className="flex gap-2 overflow-x-auto lg:flex-col">
        {recordings.map((recording) => (
          <li key={recording.sessionId} className="shrink-0">
            <button
              type="button"
              aria-pressed={recording.sessionId === chosen}
              onClick={() => setChosen(recording.sessionId)}
              className={cn(
                "flex w-full items-center gap-3 rounded-md border px-3 py-2 text-left text-sm",
                recording.sessionId === chosen
                  ? "border-accent bg-accent-soft"
                  : "border-line bg-surface hover:bg-sunken",
              )}
            >
              <SquareTerminal className="size-4 shrink-0 text-muted" aria-hidden />
              <span className="min-w-0">
                <span className="block truncate font-mono text-[13px]">{recording.title}</span>
                <span className="text-xs text-muted">
                  <Time ms={recording.startedAtMs} /> · {formatBytes(recording.bytes)}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <RecordingPlayer
        key={chosen}
        url={`/api/attempts/${encodeURIComponent(attemptId)}/recordings/${encodeURIComponent(chosen)}`}
      />
    </div>
  );
}
