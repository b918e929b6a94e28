import { expect, test } from "vitest";
import { humanDuration, since } from "./duration";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [0, "0s"],
  [-second, "0s"],
  [-5 * second, "<invalid>"],
  [119 * second, "119s"],
  [2 * minute, "2m"],
  [9 * minute + 30 * second, "9m30s"],
  [10 * minute + 30 * second, "10m"],
  [179 * minute, "179m"],
  [3 * hour, "3h"],
  [7 * hour + 59 * minute, "7h59m"],
  [47 * hour, "47h"],
  [2 * day, "2d"],
  [7 * day + 5 * hour, "7d5h"],
  [8 * day + 5 * hour, "8d"],
  [729 * day, "729d"],
  [2 * 365 * day, "2y"],
  [3 * 365 * day + 10 * day, "3y10d"],
  [9 * 365 * day, "9y"],
])("%d ms reads %s", (durationMs, text) => {
  expect(humanDuration(durationMs)).toBe(text);
});

test("no moment is unknown", () => {
  expect(since(undefined, 0)).toBe("<unknown>");
  expect(since(null, 0)).toBe("<unknown>");
});
