import { expect, test } from "vitest";
import { bySpecificity, covers, intersection, servedHosts } from "./hostnames";

test.each([
  ["", "a.test", "a.test"],
  ["a.test", "", "a.test"],
  ["*.test", "a.test", "a.test"],
  ["*.test", "a.b.test", "a.b.test"],
  ["*.test", "*.a.test", "*.a.test"],
  ["*.a.test", "*.test", "*.a.test"],
  ["*.test", "test", undefined],
  ["a.test", "b.test", undefined],
  ["*.a.test", "*.b.test", undefined],
])("%j and %j share %j", (one, other, shared) => {
  expect(intersection(one, other)).toBe(shared);
});

test("a listener serves what it shares with a route, and its own host for a route without any", () => {
  expect(servedHosts("*.test", ["a.test", "b.other", "*.test"])).toEqual(["a.test", "*.test"]);
  expect(servedHosts("a.test", undefined)).toEqual(["a.test"]);
  expect(servedHosts("", [])).toEqual([""]);
  expect(servedHosts("a.test", ["b.test"])).toBeUndefined();
});

test("the narrower host comes first", () => {
  expect(["", "*.test", "a.test", "*.b.test", "a.b.test"].sort(bySpecificity)).toEqual([
    "a.b.test",
    "a.test",
    "*.b.test",
    "*.test",
    "",
  ]);
  expect(covers("*.test", "test")).toBe(false);
});
