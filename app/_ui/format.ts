import type { Tone } from "./badge";

/** "1:05:09", "12:07": time that is left. */
export function formatClock(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = String(total % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** "840 ms", "2.3 s", "47 s", "4 min 05 s", "1 h 02 min": time that something took. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
}

/** "72%", "65.9%". */
export function formatPercent(percent: number): string {
  return `${percent}%`;
}

/** "3", "1.5". */
export function formatPoints(points: number): string {
  return String(Math.round(points * 100) / 100);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The form in which people read an id to each other. */
export function shortId(id: string): string {
  return `#${id.slice(0, 6)}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

export const stateWords: Record<string, { label: string; tone: Tone }> = {
  PREPARING: { label: "Getting ready", tone: "accent" },
  RUNNING: { label: "Running", tone: "accent" },
  SUBMITTED: { label: "Submitted", tone: "warn" },
  EXPIRED: { label: "Time over", tone: "warn" },
  GRADING: { label: "Being graded", tone: "warn" },
  GRADED: { label: "Graded", tone: "neutral" },
  ABANDONED: { label: "Given up", tone: "neutral" },
  FAILED: { label: "Did not start", tone: "bad" },
};

export const outcomeWords: Record<string, { label: string; tone: Tone }> = {
  passed: { label: "Right", tone: "good" },
  partial: { label: "Partly right", tone: "warn" },
  failed: { label: "Not right", tone: "bad" },
  unanswered: { label: "Not answered", tone: "neutral" },
  ungradable: { label: "Needs a grader", tone: "warn" },
  pending: { label: "Not graded yet", tone: "neutral" },
};

export const roleWords: Record<string, string> = {
  STUDENT: "Student",
  GRADER: "Grader",
  ADMIN: "Administrator",
};
