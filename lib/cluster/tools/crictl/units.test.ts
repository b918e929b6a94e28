import { expect, test } from "vitest";
import { parseOptions, UnknownFlag } from "../options";
import { wideTable } from "../table";
import { ago, humanSize } from "./units";

test.each([
  [400, "Less than a second ago"],
  [1000, "1 second ago"],
  [59_000, "59 seconds ago"],
  [61_000, "About a minute ago"],
  [120_000, "2 minutes ago"],
  [3_600_000, "About an hour ago"],
  [47 * 3_600_000, "47 hours ago"],
  [72 * 3_600_000, "3 days ago"],
  [21 * 86_400_000, "3 weeks ago"],
])("%i ms are told as %s", (ms, text) => {
  expect(ago(1_000_000, 1_000_000 + ms)).toBe(text);
});

test("sizes have three digits", () => {
  expect([320_448, 26_911_000, 999, 1_230_000_000].map(humanSize)).toEqual([
    "320kB",
    "26.9MB",
    "999B",
    "1.23GB",
  ]);
});

test("columns are at least 20 wide, longer ones have three spaces after them", () => {
  expect(
    wideTable([
      ["A", "B"],
      ["a name of more than twenty", "x"],
    ]),
  ).toBe("A                            B\na name of more than twenty   x");
  expect(wideTable([["A", "B"]])).toBe(`A${" ".repeat(19)}B`);
});

test("flags are read as Go's libraries read them", () => {
  const spec = { "interactive,i": "switch", "tty,t": "switch", name: "value" } as const;
  const options = parseOptions(["-it", "--name=a", "abc", "sh", "-c", "x"], spec, { stopAtWord: true });
  expect([options.has("interactive"), options.has("tty"), options.value("name")]).toEqual([true, true, "a"]);
  expect(options.words).toEqual(["abc", "sh", "-c", "x"]);
  expect(parseOptions(["x", "-name", "b", "--", "-i"], spec).words).toEqual(["x", "-i"]);
  expect(() => parseOptions(["--nosuch"], spec)).toThrow(UnknownFlag);
});
