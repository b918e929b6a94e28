"use client";

import {
  useCallback,
  useEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from "react";
import { cn } from "@/app/_ui/cn";

const storageKey = "examctl:split";
const min = 24;
const max = 70;

/** Two panels side by side with a handle between them; below 900 px one at a time (`shown`). Both stay mounted. */
export function Split({
  left,
  right,
  shown,
}: {
  left: ReactNode;
  right: ReactNode;
  shown: "left" | "right";
}) {
  const [share, setShare] = useState(38);
  const box = useRef<HTMLDivElement>(null);
  const dragging = useRef(false);

  useEffect(() => {
    const kept = Number(localStorage.getItem(storageKey));
    // oxlint-disable-next-line react/set-state-in-effect -- known only in the browser
    if (kept >= min && kept <= max) setShare(kept);
  }, []);

  const move = useCallback((next: number) => {
    const clamped = Math.round(Math.min(max, Math.max(min, next)) * 10) / 10;
    setShare(clamped);
    localStorage.setItem(storageKey, String(clamped));
  }, []);

  function drag(event: PointerEvent) {
    if (!dragging.current || !box.current) return;
    const { left: start, width } = box.current.getBoundingClientRect();
    move(((event.clientX - start) / width) * 100);
  }

  function onKey(event: KeyboardEvent) {
    const step = event.shiftKey ? 10 : 2;
    if (event.key === "ArrowLeft") move(share - step);
    else if (event.key === "ArrowRight") move(share + step);
    else if (event.key === "Home") move(min);
    else if (event.key === "End") move(max);
    else return;
    event.preventDefault();
  }

  return (
    <div ref={box} className="flex min-h-0 flex-1" style={{ "--share": `${share}%` } as React.CSSProperties}>
      <div
        className={cn(
          "min-h-0 min-w-0 flex-1 split:flex-none split:basis-(--share)",
          shown === "right" && "hidden split:block",
        )}
      >
        {left}
      </div>
      <div
        role="separator"
        tabIndex={0}
        aria-label="Width of the question"
        aria-orientation="vertical"
        aria-valuenow={Math.round(share)}
        aria-valuemin={min}
        aria-valuemax={max}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          dragging.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={drag}
        onPointerUp={() => (dragging.current = false)}
        onDoubleClick={() => move(38)}
        className="group relative hidden w-1.5 shrink-0 cursor-col-resize touch-none items-center justify-center border-l border-line bg-bg hover:bg-accent-soft focus-visible:bg-accent-soft split:flex"
      >
        <span className="h-8 w-0.5 rounded-full bg-line-strong group-hover:bg-accent" aria-hidden />
      </div>
      <div className={cn("min-h-0 min-w-0 flex-1", shown === "left" && "hidden split:block")}>{right}</div>
    </div>
  );
}
