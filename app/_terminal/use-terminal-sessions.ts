"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { TerminalSession } from "@/lib/contract/terminald";
import { TerminalApiError, type TerminalApi } from "./terminal-api";
import type { ShellEnd } from "./terminal-screen";

interface Problem {
  text: string;
  retry?: () => void;
  dismiss: () => void;
}

/** Between tries to get the first terminals: a lab that was at rest takes a second or two to wake. */
const againMs = 1000;

/** A page that is mounted twice at once (React's strict mode) must not open two terminals. */
const firstLoads = new WeakMap<TerminalApi, Promise<TerminalSession[]>>();

/** The terminals of one attempt as the server knows them, and which is looked at. */
export function useTerminalSessions(api: TerminalApi, firstNode: string | undefined, watch: boolean) {
  const [sessions, setSessions] = useState<readonly TerminalSession[]>([]);
  const [active, setActive] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(true);
  const again = useRef<ReturnType<typeof setTimeout>>(undefined);

  const fail = useCallback((failure: unknown, retry?: () => void) => {
    const dismiss = () => setProblem(undefined);
    setProblem({
      text: (failure as Error).message,
      dismiss,
      ...(retry
        ? {
            retry: () => {
              dismiss();
              retry();
            },
          }
        : {}),
    });
  }, []);

  const load = useCallback(async () => {
    clearTimeout(again.current);
    setBusy(true);
    try {
      let loading = firstLoads.get(api);
      if (!loading) {
        loading = api.list().then(async (known) => {
          if (watch || firstNode === undefined || known.some(({ state }) => state === "running"))
            return known;
          return [...known, await api.open(firstNode, { cols: 80, rows: 24 })];
        });
        firstLoads.set(api, loading);
      }
      const known = await loading;
      setProblem(undefined);
      setSessions(known);
      setActive((now) => now ?? (known.find(({ state }) => state === "running") ?? known[0])?.sessionId);
    } catch (failure) {
      fail(failure, () => void load());
      if (failure instanceof TerminalApiError && failure.retryable)
        again.current = setTimeout(() => void load(), againMs);
    } finally {
      firstLoads.delete(api);
      setBusy(false);
    }
  }, [api, firstNode, watch, fail]);

  useEffect(() => {
    void load();
    return () => clearTimeout(again.current);
  }, [load]);

  const open = async (node: string, insteadOf?: string) => {
    setBusy(true);
    try {
      const opened = await api.open(node, { cols: 80, rows: 24 });
      if (insteadOf !== undefined) await api.close(insteadOf).catch(() => undefined);
      setSessions((now) => [...now.filter(({ sessionId }) => sessionId !== insteadOf), opened]);
      setActive(opened.sessionId);
    } catch (failure) {
      fail(failure);
    } finally {
      setBusy(false);
    }
  };

  const close = async (sessionId: string) => {
    try {
      await api.close(sessionId);
    } catch (failure) {
      return fail(failure);
    }
    const index = sessions.findIndex((session) => session.sessionId === sessionId);
    const left = sessions.filter((session) => session.sessionId !== sessionId);
    setSessions(left);
    setActive((now) => (now === sessionId ? (left[index] ?? left[index - 1])?.sessionId : now));
  };

  const rename = async (sessionId: string, title: string) => {
    try {
      const renamed = await api.rename(sessionId, title);
      setSessions((now) => now.map((session) => (session.sessionId === sessionId ? renamed : session)));
    } catch (failure) {
      fail(failure);
    }
  };

  const ended = (sessionId: string, end: ShellEnd) =>
    setSessions((now) =>
      now.map((session) => (session.sessionId === sessionId ? { ...session, ...end } : session)),
    );

  return { sessions, active, setActive, open, close, rename, ended, problem, busy };
}
