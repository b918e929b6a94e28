"use client";

import { useSyncExternalStore } from "react";

export interface TerminalPreferences {
  fontSize: number;
  screenReader: boolean;
}

export const fontSizes = { min: 9, max: 28, initial: 14 } as const;
const key = "examctl.terminal";
const initial: TerminalPreferences = { fontSize: fontSizes.initial, screenReader: false };
const listeners = new Set<() => void>();
let current: TerminalPreferences | undefined;

/** This browser's choices for all terminals; kept in its local storage. */
export function usePreferences(): [TerminalPreferences, (change: Partial<TerminalPreferences>) => void] {
  const value = useSyncExternalStore(subscribe, read, () => initial);
  return [value, write];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): TerminalPreferences {
  if (current) return current;
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<TerminalPreferences>;
    current = {
      fontSize: clamp(Number(stored.fontSize) || fontSizes.initial),
      screenReader: stored.screenReader === true,
    };
  } catch {
    current = initial;
  }
  return current;
}

function write(change: Partial<TerminalPreferences>): void {
  const next = { ...read(), ...change };
  current = { ...next, fontSize: clamp(next.fontSize) };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // private windows may refuse; the choice then lasts as long as the page
  }
  for (const listener of listeners) listener();
}

function clamp(size: number): number {
  return Math.min(fontSizes.max, Math.max(fontSizes.min, Math.round(size)));
}
