"use client";

import { useEffect, useRef } from "react";
import { Dialog } from "@/app/_ui/dialog";
import { Kbd } from "@/app/_ui/kbd";

export type Command = "next" | "previous" | "check" | "flag" | "terminal" | "question" | "help";

const table: { command: Command; key: string; code: string; words: string }[] = [
  { command: "next", key: "n", code: "KeyN", words: "Next question" },
  { command: "previous", key: "p", code: "KeyP", words: "Previous question" },
  { command: "check", key: "c", code: "KeyC", words: "Check this question (practice)" },
  { command: "flag", key: "f", code: "KeyF", words: "Flag this question" },
  { command: "terminal", key: "t", code: "KeyT", words: "Go to the terminal" },
  { command: "question", key: "q", code: "KeyQ", words: "Go to the answer" },
  { command: "help", key: "?", code: "Slash", words: "This list" },
];

/**
 * Single keys outside text fields; with Alt+Shift from everywhere, the terminal too (single keys there are the
 * shell's, and Alt alone is readline's).
 */
export function useShortcuts(run: (command: Command) => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  }, [run]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.isComposing) return;
      const everywhere = event.altKey && event.shiftKey;
      const entry = everywhere
        ? table.find(({ code }) => code === event.code)
        : table.find(({ key }) => key === event.key);
      if (!entry || (!everywhere && (event.altKey || takesText(event.target)))) return;
      if (!everywhere && document.querySelector("[role=dialog]")) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(entry.command);
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, []);
}

function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button"].includes(target.type);
  return target.isContentEditable || target.matches("textarea, select, [role=textbox]");
}

export function ShortcutsDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Keyboard shortcuts"
      description="Single keys work outside the terminal and text fields; with Alt and Shift they work everywhere."
    >
      <dl className="divide-y divide-line text-sm">
        {table.map(({ command, key, words }) => (
          <div key={command} className="flex items-center justify-between gap-4 py-2">
            <dt>{words}</dt>
            <dd className="flex items-center gap-1.5">
              <Kbd>{key}</Kbd>
              <span className="text-xs text-muted">or</span>
              <Kbd>Alt</Kbd>
              <Kbd>Shift</Kbd>
              <Kbd>{key === "?" ? "/" : key.toUpperCase()}</Kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
