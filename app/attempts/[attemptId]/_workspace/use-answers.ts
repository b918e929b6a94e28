"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "@/app/_client/api";
import type { AnswerValue } from "@/lib/contract/check";
import { AnswerQueue, type SaveState, type Values } from "./answer-queue";

/**
 * Answers that save themselves. What the server has not confirmed is also kept in this browser, so that neither a reload
 * during an outage nor a session that ended loses anything; it is sent as soon as the server takes it.
 */
export function useAnswers(attemptId: string, initial: Values, onRefused: (sentence: string) => void) {
  const [values, setValues] = useState(initial);
  const [state, setState] = useState<SaveState>("saved");
  const refusedRef = useRef(onRefused);
  useEffect(() => {
    refusedRef.current = onRefused;
  }, [onRefused]);
  const [queue] = useState(
    () =>
      new AnswerQueue({
        put: (questionId, value) =>
          api("PUT", `/api/attempts/${attemptId}/questions/${questionId}/answer`, { value }),
        store: browserStore(`examctl:answers:${attemptId}`),
        onState: setState,
        onRefused: (sentence) => refusedRef.current(sentence),
      }),
  );

  const set = useCallback(
    (questionId: string, value: AnswerValue | null, soon = false) => {
      setValues((before) => ({ ...before, [questionId]: value }));
      queue.set(questionId, value, soon);
    },
    [queue],
  );

  useEffect(() => {
    const kept = queue.resume();
    setValues((before) => ({ ...before, ...kept }));
    const online = () => void queue.flush().catch(() => undefined);
    const leave = (event: BeforeUnloadEvent) => {
      if (!queue.wouldLose) return;
      online();
      event.preventDefault();
    };
    window.addEventListener("online", online);
    window.addEventListener("beforeunload", leave);
    return () => {
      queue.stop();
      window.removeEventListener("online", online);
      window.removeEventListener("beforeunload", leave);
    };
  }, [queue]);

  return { values, set, flush: useCallback(() => queue.flush(), [queue]), state };
}

function browserStore(key: string) {
  return {
    read(): Values {
      try {
        return JSON.parse(localStorage.getItem(key) ?? "{}") as Values;
      } catch {
        return {};
      }
    },
    write(values: Values): boolean {
      try {
        if (Object.keys(values).length === 0) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(values));
        return true;
      } catch {
        return false; // full or forbidden: the answers are still being sent
      }
    },
  };
}
