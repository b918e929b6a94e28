"use client";

import { useSyncExternalStore } from "react";

const never = () => () => undefined;
const formats = {
  full: { dateStyle: "medium", timeStyle: "short" },
  date: { dateStyle: "medium" },
  time: { timeStyle: "medium" },
} as const;

/** A moment in the reader's own time zone, everywhere in the same form; the server writes UTC until then. */
export function Time({ ms, format = "full" }: { ms: number; format?: keyof typeof formats }) {
  const here = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  const date = new Date(ms);
  const text = new Intl.DateTimeFormat("en-GB", {
    ...formats[format],
    ...(here ? {} : { timeZone: "UTC" }),
    hourCycle: "h23",
  }).format(date);
  return (
    <time
      dateTime={date.toISOString()}
      title={date.toISOString()}
      className="tabular-nums"
      suppressHydrationWarning
    >
      {text}
    </time>
  );
}
