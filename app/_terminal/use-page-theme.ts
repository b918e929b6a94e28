"use client";

import { useSyncExternalStore } from "react";

/** Light or dark, as the page shows itself now (the class that the theme switch sets on <html>). */
export function usePageTheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, read, () => "dark");
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  return () => observer.disconnect();
}

function read(): "light" | "dark" {
  return document.documentElement.classList.contains("dark") ? "dark" : "light";
}
