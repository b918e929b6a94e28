import { expect, test } from "vitest";
import { nextRun } from "./next-run";
import { parseSchedule } from "./schedule";

const at = (text: string) => Date.parse(text);

test.each([
  ["*/5 * * * *", "2026-01-01T00:01:30Z", "2026-01-01T00:05:00Z"],
  ["0 12 * * *", "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"],
  ["0 0 1 jan *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
  ["30 8 * * mon-fri", "2026-01-02T09:00:00Z", "2026-01-05T08:30:00Z"],
  ["0 0 13 * 5", "2026-01-03T00:00:00Z", "2026-01-09T00:00:00Z"],
  ["@hourly", "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z"],
  ["0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
])("%s after %s is %s", (schedule, after, expected) => {
  expect(new Date(nextRun(schedule, at(after))!).toISOString()).toBe(new Date(at(expected)).toISOString());
});

test("a time zone moves the hour", () => {
  expect(nextRun("0 9 * * *", at("2026-01-01T00:00:00Z"), "Europe/Berlin")).toBe(at("2026-01-01T08:00:00Z"));
});

test("a day that never comes is no day", () => {
  expect(nextRun("0 0 30 2 *", at("2026-01-01T00:00:00Z"))).toBeUndefined();
});

test.each([
  "",
  "* * * *",
  "a * * * *",
  "60 * * * *",
  "5-1 * * * *",
  "*/0 * * * *",
  "@never",
  "1/2/3 * * * *",
])("%j is refused", (schedule) => {
  expect(() => parseSchedule(schedule)).toThrow();
});
