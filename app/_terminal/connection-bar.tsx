"use client";

import { CircleStop, Eye, Info, Loader2, WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/app/_ui/button";
import type { ConnectionStatus } from "./terminal-connection";
import type { ShellEnd } from "./terminal-screen";

/** Says in words how the terminal is, whenever it is not simply there. */
export function ConnectionBar({
  status,
  notice,
  end,
  readOnly,
  onRetry,
  onReplace,
}: {
  status: ConnectionStatus;
  notice: string | undefined;
  end: ShellEnd | undefined;
  readOnly: boolean;
  onRetry: () => void;
  onReplace: () => void;
}) {
  const seconds = useSecondsUntil(status.kind === "waiting" ? status.retryAtMs : undefined);
  const slow = useSlow(status.kind === "connecting");
  const said = words(status, notice, end, readOnly, slow);
  // What passes lies over the terminal's last line, so that it does not change the size of the shell.
  const passing = status.kind !== "closed" && !end && !readOnly;
  return (
    <div aria-live="polite" className={passing ? "absolute inset-x-0 bottom-0 z-10" : "shrink-0"}>
      {said ? (
        <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-t border-line bg-sunken px-3 py-1 text-[13px]">
          {said.icon}
          <span>
            {said.text}
            {seconds !== undefined ? (
              <span aria-hidden>, trying again in {Math.max(1, seconds)} s</span>
            ) : null}
            {status.kind === "waiting" ? <span className="sr-only">, trying again soon</span> : null}
          </span>
          <span className="ml-auto flex gap-2">
            {status.kind === "waiting" ? (
              <Button size="sm" onClick={onRetry}>
                Try now
              </Button>
            ) : null}
            {!readOnly && (end || status.kind === "closed") ? (
              <Button size="sm" onClick={onReplace}>
                Open a new terminal
              </Button>
            ) : null}
          </span>
        </div>
      ) : null}
    </div>
  );
}

function words(
  status: ConnectionStatus,
  notice: string | undefined,
  end: ShellEnd | undefined,
  readOnly: boolean,
  slow: boolean,
): { icon: React.ReactNode; text: string } | undefined {
  const icon = "size-4 shrink-0 text-muted";
  if (status.kind === "closed")
    return { icon: <CircleStop className={icon} aria-hidden />, text: status.reason };
  if (status.kind === "waiting")
    return { icon: <WifiOff className={icon} aria-hidden />, text: status.reason.replace(/\.$/, "") };
  if (end)
    return {
      icon: <CircleStop className={icon} aria-hidden />,
      text:
        end.state === "lost"
          ? "The shell is gone: its node was stopped or started again."
          : end.exitCode === undefined
            ? "The shell has ended."
            : `The shell has ended with exit code ${end.exitCode}.`,
    };
  if (status.kind === "connecting" && slow)
    return {
      icon: <Loader2 className={`${icon} animate-spin`} aria-hidden />,
      text: "Connecting to the shell…",
    };
  if (notice !== undefined) return { icon: <Info className={icon} aria-hidden />, text: notice };
  if (readOnly)
    return {
      icon: <Eye className={icon} aria-hidden />,
      text: "You are watching. What you type is not sent.",
    };
  return undefined;
}

/** True when `active` has held for a moment: most connections are there before a word about them could be read. */
function useSlow(active: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setSlow(true), 400);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [active]);
  return slow;
}

function useSecondsUntil(atMs: number | undefined): number | undefined {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (atMs === undefined) return;
    const update = () => setNowMs(Date.now());
    const timer = setInterval(update, 250);
    return () => clearInterval(timer);
  }, [atMs]);
  return atMs === undefined ? undefined : Math.ceil((atMs - nowMs) / 1000);
}
