"use client";

import { Timer as TimerIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { useNow } from "@/app/_client/use-now";
import { cn } from "@/app/_ui/cn";
import { formatClock, plural } from "@/app/_ui/format";

const warnings = [30, 10, 5, 1];

/** Time that is left by the server's clock. Announces the last half hour, ten, five and one minutes politely. */
export function Timer({
  deadlineAtMs,
  serverNowMs,
  onOver,
}: {
  deadlineAtMs: number;
  serverNowMs: number;
  onOver: () => void;
}) {
  const now = useNow(serverNowMs);
  const leftMs = Math.max(0, deadlineAtMs - now);
  const announced = useRef(warnings.filter((minutes) => deadlineAtMs - serverNowMs <= minutes * 60_000));
  const [announcement, setAnnouncement] = useState("");
  const over = useRef(false);

  useEffect(() => {
    if (leftMs === 0) {
      if (!over.current) onOver();
      over.current = true;
      return;
    }
    const due = warnings.filter(
      (minutes) => leftMs <= minutes * 60_000 && !announced.current.includes(minutes),
    );
    const minutes = due.at(-1);
    if (minutes === undefined) return;
    announced.current.push(...due);
    const sentence = `${plural(minutes, "minute")} left.`;

    setAnnouncement(sentence);
    toast(sentence, { description: "What you have is submitted by itself when the time is over." });
  }, [leftMs, onOver]);

  const tone = leftMs <= 60_000 ? "text-bad" : leftMs <= 5 * 60_000 ? "text-warn" : "text-ink";
  return (
    <div className={cn("flex items-center gap-1.5 font-mono text-sm font-medium tabular-nums", tone)}>
      <TimerIcon className="size-4 text-muted" aria-hidden />
      <span role="timer" aria-label="Time left">
        {formatClock(leftMs)}
      </span>
      <span className="sr-only" aria-live="polite">
        {announcement}
      </span>
    </div>
  );
}
