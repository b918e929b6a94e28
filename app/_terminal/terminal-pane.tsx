"use client";

import {
  AArrowDown,
  AArrowUp,
  Ear,
  Ellipsis,
  Globe,
  HelpCircle,
  Pencil,
  Plus,
  Search,
  X,
} from "lucide-react";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { Button } from "@/app/_ui/button";
import { cn } from "@/app/_ui/cn";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/app/_ui/menu";
import { HelpDialog } from "./help-dialog";
import { fontSizes, usePreferences } from "./preferences";
import { terminalApi } from "./terminal-api";
import { TerminalScreen, type TerminalScreenHandle } from "./terminal-screen";
import { TerminalTabs } from "./terminal-tabs";
import type { TerminalAction } from "./terminal-view";
import { useTerminalSessions } from "./use-terminal-sessions";

export interface TerminalPaneProps {
  attemptId: string;
  /** Host names of the lab's nodes; the first one gets the first terminal. */
  nodes: readonly (string | { name: string })[];
  /** A grader looks on: nothing is opened, typed or closed. */
  watch?: boolean;
  className?: string;
}

/** The terminals of an attempt in tabs. Fills its parent, which must have a height. */
export function TerminalPane({ attemptId, nodes, watch = false, className }: TerminalPaneProps) {
  const api = useMemo(() => terminalApi(attemptId, watch), [attemptId, watch]);
  const names = useMemo(() => nodes.map((node) => (typeof node === "string" ? node : node.name)), [nodes]);
  const { sessions, active, setActive, open, close, rename, ended, problem, busy } = useTerminalSessions(
    api,
    names[0],
    watch,
  );
  const [help, setHelp] = useState(false);
  const [renaming, setRenaming] = useState<string>();
  const [{ fontSize, screenReader }, setPreferences] = usePreferences();
  const screens = useRef(new Map<string, TerminalScreenHandle>());
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const root = useRef<HTMLElement>(null);
  const leaving = useRef<HTMLButtonElement>(null);

  // A screen is made when its tab is first looked at, and stays.
  if (active !== undefined && !shown.has(active)) setShown(new Set([...shown, active]));

  const focusActive = useEffectEvent(() => {
    if (active !== undefined) screens.current.get(active)?.focus();
  });
  useEffect(() => focusActive(), [active]);

  const onAction = (action: TerminalAction) => {
    if (action.type === "new-tab" && !watch)
      void open(sessions.find((s) => s.sessionId === active)?.node ?? names[0]!);
    if (action.type === "select-tab" && sessions[action.index]) setActive(sessions[action.index]!.sessionId);
    if (action.type === "leave") leaving.current?.focus();
    if (action.type === "leave-back")
      root.current?.querySelector<HTMLElement>('[role="tab"][tabindex="0"]')?.focus();
  };
  const iconButton =
    "grid size-9 shrink-0 place-items-center rounded-md text-muted hover:bg-surface hover:text-ink disabled:opacity-50";

  return (
    <section
      ref={root}
      aria-label="Terminals"
      className={cn("flex h-full min-h-0 min-w-0 flex-col overflow-hidden bg-surface", className)}
    >
      <div className="flex shrink-0 items-center gap-1 border-b border-line bg-sunken pr-1">
        <TerminalTabs
          sessions={sessions}
          active={active}
          readOnly={watch}
          renaming={renaming}
          onRenaming={setRenaming}
          onSelect={setActive}
          onClose={(sessionId) => void close(sessionId)}
          onRename={(sessionId, title) => void rename(sessionId, title)}
          onFocusTerminal={() => active !== undefined && screens.current.get(active)?.focus()}
        />
        {watch ? null : names.length > 1 ? (
          <Menu>
            <MenuTrigger className={iconButton} aria-label="New terminal" disabled={busy}>
              <Plus className="size-4" aria-hidden />
            </MenuTrigger>
            <MenuContent align="start">
              <MenuLabel>New terminal on</MenuLabel>
              {names.map((name) => (
                <MenuItem key={name} onSelect={() => void open(name)} className="font-mono">
                  {name}
                </MenuItem>
              ))}
            </MenuContent>
          </Menu>
        ) : (
          <button
            type="button"
            className={iconButton}
            aria-label="New terminal"
            disabled={busy}
            onClick={() => void open(names[0]!)}
          >
            <Plus className="size-4" aria-hidden />
          </button>
        )}
        <span className="flex-1" />
        <a
          href={`/attempts/${attemptId}/browser`}
          target="_blank"
          rel="noopener"
          title="Open in browser: look at a port of the lab"
          className={cn(iconButton, "flex w-auto items-center gap-2 px-2 text-[13px]")}
        >
          <Globe className="size-4" aria-hidden />
          <span className="max-sm:sr-only">Open in browser</span>
        </a>
        <Menu>
          <MenuTrigger ref={leaving} className={iconButton} aria-label="Terminal options">
            <Ellipsis className="size-4" aria-hidden />
          </MenuTrigger>
          <MenuContent>
            <MenuItem onSelect={() => active !== undefined && screens.current.get(active)?.search()}>
              <Search aria-hidden /> Search
            </MenuItem>
            {watch || active === undefined ? null : (
              <>
                <MenuItem onSelect={() => setTimeout(() => setRenaming(active))}>
                  <Pencil aria-hidden /> Rename this terminal
                </MenuItem>
                <MenuItem onSelect={() => void close(active)}>
                  <X aria-hidden /> Close this terminal
                </MenuItem>
              </>
            )}
            <MenuSeparator />
            <MenuLabel>Text size: {fontSize} px</MenuLabel>
            <MenuItem
              disabled={fontSize >= fontSizes.max}
              onSelect={(event) => {
                event.preventDefault();
                setPreferences({ fontSize: fontSize + 1 });
              }}
            >
              <AArrowUp aria-hidden /> Larger
            </MenuItem>
            <MenuItem
              disabled={fontSize <= fontSizes.min}
              onSelect={(event) => {
                event.preventDefault();
                setPreferences({ fontSize: fontSize - 1 });
              }}
            >
              <AArrowDown aria-hidden /> Smaller
            </MenuItem>
            <MenuSeparator />
            <MenuItem onSelect={() => setPreferences({ screenReader: !screenReader })}>
              <Ear aria-hidden />{" "}
              {screenReader ? "Turn screen reader mode off" : "Turn screen reader mode on"}
            </MenuItem>
            <MenuItem onSelect={() => setHelp(true)}>
              <HelpCircle aria-hidden /> Keys and help
            </MenuItem>
          </MenuContent>
        </Menu>
      </div>
      {problem !== undefined ? (
        <div
          role="alert"
          className="flex items-center gap-3 border-b border-line bg-warn-soft px-3 py-1.5 text-[13px]"
        >
          <span className="flex-1">{problem.text}</span>
          {problem.retry ? (
            <Button size="sm" onClick={problem.retry}>
              Try again
            </Button>
          ) : null}
          <button
            type="button"
            aria-label="Dismiss"
            onClick={problem.dismiss}
            className="text-muted hover:text-ink"
          >
            <X className="size-4" aria-hidden />
          </button>
        </div>
      ) : null}
      <div className="relative min-h-0 flex-1">
        {sessions
          .filter(({ sessionId }) => shown.has(sessionId))
          .map((session) => (
            <TerminalScreen
              key={session.sessionId}
              ref={(handle) => {
                if (handle) screens.current.set(session.sessionId, handle);
                else screens.current.delete(session.sessionId);
              }}
              api={api}
              sessionId={session.sessionId}
              label={session.title}
              visible={session.sessionId === active}
              readOnly={watch}
              onAction={onAction}
              onEnd={(end) => ended(session.sessionId, end)}
              onReplace={() => void open(session.node, session.sessionId)}
            />
          ))}
        {sessions.length === 0 ? (
          <p className="grid h-full place-items-center p-6 text-center text-sm text-muted">
            {busy
              ? "Opening a terminal…"
              : watch
                ? "No terminal is open."
                : "No terminal is open. Press + for one."}
          </p>
        ) : null}
      </div>
      <HelpDialog open={help} onOpenChange={setHelp} />
    </section>
  );
}
