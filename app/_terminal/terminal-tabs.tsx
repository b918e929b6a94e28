"use client";

import { X } from "lucide-react";
import { cn } from "@/app/_ui/cn";
import type { TerminalSession } from "@/lib/contract/terminald";

/** Tabs of terminals: arrows move, F2 or a double click renames, Delete closes, Enter goes into the terminal. */
export function TerminalTabs({
  sessions,
  active,
  readOnly,
  renaming,
  onRenaming,
  onSelect,
  onClose,
  onRename,
  onFocusTerminal,
}: {
  sessions: readonly TerminalSession[];
  active: string | undefined;
  readOnly: boolean;
  /** The terminal whose name is being edited. */
  renaming: string | undefined;
  onRenaming: (sessionId: string | undefined) => void;
  onSelect: (sessionId: string) => void;
  onClose: (sessionId: string) => void;
  onRename: (sessionId: string, title: string) => void;
  onFocusTerminal: () => void;
}) {
  const onKeyDown = (event: React.KeyboardEvent, index: number) => {
    const { sessionId } = sessions[index]!;
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step !== 0) {
      const next = sessions[(index + step + sessions.length) % sessions.length]!;
      onSelect(next.sessionId);
      const tabs = event.currentTarget
        .closest('[role="tablist"]')
        ?.querySelectorAll<HTMLElement>('[role="tab"]');
      // After the terminal of the new tab has taken the focus.
      requestAnimationFrame(() => tabs?.[(index + step + sessions.length) % sessions.length]?.focus());
    } else if (event.key === "F2" && !readOnly) onRenaming(sessionId);
    else if (event.key === "Delete" && !readOnly) onClose(sessionId);
    else if (event.key === "Enter") onFocusTerminal();
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="tablist"
      aria-label="Terminals"
      className="flex min-w-0 items-stretch self-stretch overflow-x-auto"
    >
      {sessions.map((session, index) => {
        const selected = session.sessionId === active;
        return (
          <div
            key={session.sessionId}
            role="presentation"
            className={cn(
              "group flex shrink-0 items-center border-r border-line",
              selected
                ? "bg-surface text-ink shadow-[inset_0_2px_0_var(--accent)]"
                : "text-muted hover:text-ink",
            )}
          >
            {renaming === session.sessionId ? (
              <input
                autoFocus
                aria-label="Name of the terminal"
                defaultValue={session.title}
                maxLength={60}
                onFocus={({ target }) => target.select()}
                onBlur={({ target: { value } }) => {
                  onRenaming(undefined);
                  const title = value.trim();
                  if (title !== "" && title !== session.title) onRename(session.sessionId, title);
                }}
                onKeyDown={(event) => {
                  if (event.key === "Escape") event.currentTarget.value = session.title;
                  if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
                }}
                className="mx-2 h-7 w-32 rounded-sm border border-line-strong bg-surface px-1.5 font-mono text-[13px]"
              />
            ) : (
              <button
                type="button"
                role="tab"
                aria-selected={selected}
                tabIndex={selected ? 0 : -1}
                aria-keyshortcuts={readOnly ? undefined : "F2 Delete"}
                title={index < 8 ? `${session.title} (Alt+${index + 1})` : session.title}
                onClick={() => {
                  onSelect(session.sessionId);
                  onFocusTerminal();
                }}
                onDoubleClick={() => !readOnly && onRenaming(session.sessionId)}
                onKeyDown={(event) => onKeyDown(event, index)}
                className={cn(
                  "h-10 max-w-44 truncate pl-3 font-mono text-[13px]",
                  readOnly ? "pr-3" : "pr-1",
                  session.state !== "running" && "line-through decoration-1",
                )}
              >
                {session.title}
                {session.state !== "running" ? <span className="sr-only"> (ended)</span> : null}
              </button>
            )}
            {readOnly ? null : (
              // For the mouse: a tab list may hold tabs alone. Keys have Delete, and the menu has a line for it.
              <span
                aria-hidden
                title={`Close ${session.title}`}
                onClick={() => onClose(session.sessionId)}
                className="mr-1 grid size-6 cursor-pointer place-items-center rounded-sm text-muted hover:bg-sunken hover:text-ink"
              >
                <X className="size-3.5" />
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
}
