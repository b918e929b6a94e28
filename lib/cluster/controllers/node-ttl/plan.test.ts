import { expect, test } from "vitest";
import { ttlSeconds } from "./plan";

test.each([
  [0, undefined, 0],
  [2, undefined, 0],
  [100, 0, 0],
  [101, 0, 15],
  // Between the steps what was told before goes on to hold.
  [95, 0, 0],
  [95, 15, 15],
  [89, 15, 0],
  [500, 15, 15],
  [501, 15, 30],
  [449, 30, 15],
  [1001, 30, 60],
  [2001, 60, 300],
  [1799, 300, 60],
  // A controller that starts beside many nodes, and one that lost many.
  [5000, undefined, 300],
  [3, 300, 0],
])("%i nodes that were told %s seconds are told %i", (count, before, seconds) => {
  expect(ttlSeconds(count, before)).toBe(seconds);
});
