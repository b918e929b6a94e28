import { parseSchedule } from "./schedule";

const minuteMs = 60_000;
/** A schedule that never comes (30 February) is given up after this long. */
const horizonMs = 5 * 366 * 24 * 60 * minuteMs;

/** The first moment after `afterMs` (epoch milliseconds) at which the schedule runs, in UTC or in the named zone. */
export function nextRun(schedule: string, afterMs: number, timeZone = "UTC"): number | undefined {
  const parsed = parseSchedule(schedule);
  if (parsed.everyMs) return Math.floor(afterMs / 1000) * 1000 + parsed.everyMs;
  const clock = wallClock(timeZone);
  let at = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs;
  const end = afterMs + horizonMs;
  while (at < end) {
    const { month, day, weekday, hour, minute } = clock(at);
    const dayFits =
      parsed.anyDom || parsed.anyDow
        ? parsed.dom.has(day) && parsed.dow.has(weekday)
        : parsed.dom.has(day) || parsed.dow.has(weekday);
    if (!parsed.month.has(month) || !dayFits) at += (60 - minute + (23 - hour) * 60) * minuteMs;
    else if (!parsed.hour.has(hour)) at += (60 - minute) * minuteMs;
    else if (!parsed.minute.has(minute)) at += minuteMs;
    else return at;
  }
  return undefined;
}

function wallClock(timeZone: string) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    month: "numeric",
    day: "numeric",
    weekday: "short",
    hour: "numeric",
    minute: "numeric",
  });
  const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  return (atMs: number) => {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return {
      month: Number(parts.month),
      day: Number(parts.day),
      weekday: weekdays.indexOf(parts.weekday ?? ""),
      hour: Number(parts.hour),
      minute: Number(parts.minute),
    };
  };
}
