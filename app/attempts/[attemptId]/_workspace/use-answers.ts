"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError } from "@/app/_client/api";
import { api } from "@/app/_client/api";
import type { AnswerValue } from "@/lib/contract/check";

export type SaveState = "saved" | "saving" | "offline" | "refused";
type Values = Record<string, AnswerValue | null>;

const debounceMs = 500;
const retryMs = 3000;

/**
 * Answers that save themselves. What the server has not confirmed is also kept in this browser, so that a reload
 * during an outage loses nothing; it is sent as soon as the server answers again.
 */
export function useAnswers(attemptId: string, initial: Values, onRefused: (sentence: string) => void) {
  const [values, setValues] = useState(initial);
  const [state, setState] = useState<SaveState>("saved");
  const pending = useRef<Values>({});
  const sending = useRef<Promise<void> | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const storageKey = `examctl:answers:${attemptId}`;

  const remember = useCallback(() => {
    try {
      if (Object.keys(pending.current).length === 0) localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, JSON.stringify(pending.current));
    } catch {
      // Storage is full or forbidden: the answers are still being sent.
    }
  }, [storageKey]);

  const send = useCallback(async (): Promise<void> => {
    for (let entry = first(pending.current); entry; entry = first(pending.current)) {
      const [questionId, value] = entry;
      setState("saving");
      try {
        await api("PUT", `/api/attempts/${attemptId}/questions/${questionId}/answer`, { value });
      } catch (failure) {
        const { code, message } = failure as ApiError;
        if (code === "offline" || code === "unavailable" || code === "internal") {
          setState("offline");
          throw failure;
        }
        delete pending.current[questionId];
        remember();
        setState("refused");
        onRefused(message);
        throw failure;
      }
      // Typed on while it was sent: the newer value goes next.
      if (pending.current[questionId] === value) delete pending.current[questionId];
      remember();
    }
    setState("saved");
  }, [attemptId, onRefused, remember]);

  /** Sends everything that is not saved; resolves when the server has it. */
  const flush = useCallback((): Promise<void> => {
    clearTimeout(timer.current);
    sending.current ??= send().finally(() => {
      sending.current = undefined;
      if (Object.keys(pending.current).length > 0) {
        timer.current = setTimeout(() => void flushRef.current().catch(() => undefined), retryMs);
      }
    });
    return sending.current;
  }, [send]);
  const flushRef = useRef(flush);
  useEffect(() => {
    flushRef.current = flush;
  }, [flush]);

  const set = useCallback(
    (questionId: string, value: AnswerValue | null, soon = false) => {
      setValues((before) => ({ ...before, [questionId]: value }));
      pending.current[questionId] = value;
      remember();
      setState((before) => (before === "offline" ? before : "saving"));
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void flushRef.current().catch(() => undefined), soon ? 0 : debounceMs);
    },
    [remember],
  );

  useEffect(() => {
    const kept = read(storageKey);
    if (Object.keys(kept).length > 0) {
      pending.current = { ...kept, ...pending.current };
      setValues((before) => ({ ...before, ...kept }));
      void flushRef.current().catch(() => undefined);
    }
    const online = () => void flushRef.current().catch(() => undefined);
    const leave = (event: BeforeUnloadEvent) => {
      if (Object.keys(pending.current).length === 0) return;
      online();
      event.preventDefault();
    };
    window.addEventListener("online", online);
    window.addEventListener("beforeunload", leave);
    return () => {
      window.removeEventListener("online", online);
      window.removeEventListener("beforeunload", leave);
    };
  }, [storageKey]);

  return { values, set, flush, state };
}

function first(values: Values): [string, AnswerValue | null] | undefined {
  return Object.entries(values)[0];
}

function read(key: string): Values {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Values;
  } catch {
    return {};
  }
}
