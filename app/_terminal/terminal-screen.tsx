"use client";

import { useEffect, useEffectEvent, useImperativeHandle, useRef, useState, type Ref } from "react";
import { ContextMenu } from "radix-ui";
import { ClipboardCopy, ClipboardPaste, Search, TextSelect } from "lucide-react";
import { cn } from "@/app/_ui/cn";
import "xterm/css/xterm.css";
import { readClipboard } from "./clipboard";
import { ConnectionBar } from "./connection-bar";
import { KeyBar } from "./key-bar";
import { PasteDialog, needsQuestion } from "./paste-dialog";
import { usePreferences } from "./preferences";
import { SearchBar } from "./search-bar";
import type { TerminalApi } from "./terminal-api";
import type { ConnectionStatus } from "./terminal-connection";
import { TerminalView, type TerminalAction } from "./terminal-view";
import { terminalTheme } from "./themes";
import { usePageTheme } from "./use-page-theme";

export interface TerminalScreenHandle {
  focus(): void;
  search(): void;
}

export interface ShellEnd {
  state: "exited" | "lost";
  exitCode?: number;
}

/** One terminal: its xterm, its connection in words, search, paste question and keys for a touch screen. */
export function TerminalScreen({
  api,
  sessionId,
  label,
  visible,
  readOnly,
  onAction,
  onEnd,
  onReplace,
  ref,
}: {
  api: TerminalApi;
  sessionId: string;
  label: string;
  visible: boolean;
  readOnly: boolean;
  onAction: (action: TerminalAction) => void;
  onEnd: (end: ShellEnd) => void;
  /** The person wants a new shell in the place of one that has ended. */
  onReplace: () => void;
  ref: Ref<TerminalScreenHandle>;
}) {
  const container = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<TerminalView>();
  const [status, setStatus] = useState<ConnectionStatus>({ kind: "connecting" });
  const [notice, setNotice] = useState<string>();
  const [end, setEnd] = useState<ShellEnd>();
  const [searching, setSearching] = useState(false);
  const [pasted, setPasted] = useState<string>();
  const [selected, setSelected] = useState(false);
  const [controlArmed, setControlArmed] = useState(false);
  const [{ fontSize, screenReader }] = usePreferences();
  const theme = usePageTheme();

  const copy = () =>
    view?.copy().then((outcome) => {
      if (outcome === "nothing") setNotice("Nothing is selected: drag over text, or double-click a word.");
      if (outcome === "refused") setNotice("This browser does not let pages write to the clipboard.");
    });
  const act = useEffectEvent((action: TerminalAction) => {
    if (action.type === "search") setSearching(true);
    else if (action.type === "copy") void copy();
    else onAction(action);
  });
  const tellEnd = useEffectEvent((ended: ShellEnd) => {
    setEnd(ended);
    onEnd(ended);
  });
  const createView = useEffectEvent((element: HTMLElement, bracketed: () => boolean) =>
    TerminalView.create(element, {
      socketUrl: () => api.socketUrl(sessionId),
      readOnly,
      fontSize,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, Menlo, Consolas, monospace',
      theme: terminalTheme(theme),
      screenReader,
      onStatus: setStatus,
      onFrame: (frame) => {
        if (frame.type === "notice") setNotice(frame.code === "reattached" ? undefined : frame.text);
        if (frame.type === "state" && frame.state !== "running")
          tellEnd({ state: frame.state, exitCode: frame.exitCode });
      },
      onTitle: () => undefined,
      onPaste: (text) => {
        if (!needsQuestion(text, bracketed())) return true;
        setPasted(text);
        return false;
      },
      onAction: act,
      onControlUsed: () => setControlArmed(false),
    }),
  );

  useEffect(() => {
    let created: TerminalView | undefined;
    let disposed = false;
    void createView(container.current!, () => created?.bracketedPaste ?? false).then((made) => {
      if (disposed) return made.dispose();
      created = made;
      setView(made);
    });
    return () => {
      disposed = true;
      created?.dispose();
      setView(undefined);
    };
  }, [sessionId]);

  useEffect(() => view?.setOptions({ theme: terminalTheme(theme) }), [view, theme]);
  useEffect(() => view?.setOptions({ fontSize, screenReader }), [view, fontSize, screenReader]);
  useEffect(() => {
    if (!view) return;
    void view.setVisible(visible);
    if (visible) view.focus();
  }, [view, visible]);
  useEffect(() => {
    const retry = () => {
      if (document.visibilityState === "visible") view?.retryNow();
    };
    window.addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    return () => {
      window.removeEventListener("online", retry);
      document.removeEventListener("visibilitychange", retry);
    };
  }, [view]);
  useEffect(() => {
    if (notice === undefined) return;
    const timer = setTimeout(() => setNotice(undefined), 8_000);
    return () => clearTimeout(timer);
  }, [notice]);

  useImperativeHandle(ref, () => ({ focus: () => view?.focus(), search: () => setSearching(true) }), [view]);

  const paste = (text: string | undefined) => {
    if (text === undefined)
      return setNotice("This browser does not let pages read the clipboard: press Ctrl+Shift+V.");
    if (needsQuestion(text, view?.bracketedPaste ?? false)) setPasted(text);
    else view?.paste(text);
  };

  return (
    <div className={cn("absolute inset-0 flex flex-col", !visible && "invisible")} inert={!visible}>
      {searching ? (
        <SearchBar
          find={(text, direction, incremental) => view?.find(text, direction, incremental) ?? false}
          onClose={() => {
            setSearching(false);
            view?.endSearch();
          }}
        />
      ) : null}
      <div className="relative flex min-h-0 flex-1 flex-col">
        <ContextMenu.Root onOpenChange={(open) => open && setSelected(view?.hasSelection ?? false)}>
          <ContextMenu.Trigger asChild>
            <div
              className="relative min-h-0 flex-1 overflow-auto px-2 pt-1.5"
              style={{ background: terminalTheme(theme).background }}
            >
              <div ref={container} role="group" aria-label={`Terminal ${label}`} className="h-full w-full" />
            </div>
          </ContextMenu.Trigger>
          <ContextMenu.Portal>
            <ContextMenu.Content
              // A click would set the page's caret, and xterm's screen reader mode lets go of the selection for that.
              onMouseDown={(event) => event.preventDefault()}
              className="animate-enter z-50 min-w-48 rounded-lg border border-line bg-surface p-1 text-sm shadow-raised"
            >
              <Item
                disabled={!selected}
                keys="Ctrl+Shift+C"
                onSelect={() => void copy()}
                icon={<ClipboardCopy />}
              >
                Copy
              </Item>
              <Item
                disabled={readOnly || end !== undefined}
                keys="Ctrl+Shift+V"
                onSelect={() => void readClipboard().then(paste)}
                icon={<ClipboardPaste />}
              >
                Paste
              </Item>
              <Item onSelect={() => view?.selectAll()} icon={<TextSelect />}>
                Select all
              </Item>
              <Item keys="Ctrl+Shift+F" onSelect={() => setSearching(true)} icon={<Search />}>
                Search
              </Item>
            </ContextMenu.Content>
          </ContextMenu.Portal>
        </ContextMenu.Root>
        <ConnectionBar
          status={status}
          notice={notice}
          end={end}
          readOnly={readOnly}
          onRetry={() => view?.retryNow()}
          onReplace={onReplace}
        />
      </div>
      {readOnly ? null : (
        <KeyBar
          controlArmed={controlArmed}
          onControl={() => {
            view?.armControl(!controlArmed);
            setControlArmed(!controlArmed);
          }}
          onKey={(data) => {
            view?.type(data);
            setControlArmed(false);
          }}
          onArrow={(direction) => view?.arrow(direction)}
        />
      )}
      <PasteDialog
        text={pasted}
        onAnswer={(text) => {
          setPasted(undefined);
          if (text !== undefined) view?.paste(text);
          else view?.focus();
        }}
      />
    </div>
  );
}

function Item({
  icon,
  keys,
  children,
  ...props
}: { icon: React.ReactNode; keys?: string; children: React.ReactNode } & Pick<
  React.ComponentProps<typeof ContextMenu.Item>,
  "disabled" | "onSelect"
>) {
  return (
    <ContextMenu.Item
      {...props}
      className="flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 outline-none data-disabled:cursor-default data-disabled:opacity-50 data-highlighted:bg-sunken [&_svg]:size-4 [&_svg]:text-muted"
    >
      {icon}
      <span className="flex-1">{children}</span>
      {keys ? <span className="pl-6 font-mono text-xs text-muted">{keys}</span> : null}
    </ContextMenu.Item>
  );
}
