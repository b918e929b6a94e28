"use client";

import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp } from "lucide-react";
import { cn } from "@/app/_ui/cn";

const arrows = [
  { direction: "D", label: "Left", Icon: ArrowLeft },
  { direction: "B", label: "Down", Icon: ArrowDown },
  { direction: "A", label: "Up", Icon: ArrowUp },
  { direction: "C", label: "Right", Icon: ArrowRight },
] as const;
const keys = [
  { label: "Esc", data: "\x1b" },
  { label: "Tab", data: "\t" },
] as const;
const signs = ["|", "/", "-", "~"];

/** Keys that touch keyboards lack; shown where the pointer is a finger. */
export function KeyBar({
  controlArmed,
  onControl,
  onKey,
  onArrow,
}: {
  controlArmed: boolean;
  onControl: () => void;
  onKey: (data: string) => void;
  onArrow: (direction: "A" | "B" | "C" | "D") => void;
}) {
  const key =
    "grid h-10 min-w-11 flex-1 shrink-0 place-items-center rounded-md border border-line bg-surface px-2 font-mono text-sm active:bg-accent-soft";
  // The terminal keeps the focus, and with it the touch keyboard.
  const keepFocus = (event: React.PointerEvent) => event.preventDefault();
  return (
    <div
      role="toolbar"
      aria-label="Terminal keys"
      onPointerDown={keepFocus}
      className="hidden shrink-0 gap-1 overflow-x-auto border-t border-line bg-sunken p-1 pointer-coarse:flex max-sm:flex"
    >
      {keys.map(({ label, data }) => (
        <button key={label} type="button" className={key} onClick={() => onKey(data)}>
          {label}
        </button>
      ))}
      <button
        type="button"
        aria-pressed={controlArmed}
        className={cn(key, controlArmed && "border-accent bg-accent text-on-accent")}
        onClick={onControl}
      >
        Ctrl
      </button>
      {arrows.map(({ direction, label, Icon }) => (
        <button
          key={direction}
          type="button"
          aria-label={label}
          className={key}
          onClick={() => onArrow(direction)}
        >
          <Icon className="size-4" aria-hidden />
        </button>
      ))}
      {signs.map((sign) => (
        <button key={sign} type="button" className={key} onClick={() => onKey(sign)}>
          {sign}
        </button>
      ))}
    </div>
  );
}
