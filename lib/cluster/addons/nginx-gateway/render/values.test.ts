import { expect, test } from "vitest";
import { durationMs, headerVariable, literal } from "./values";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["1h30m", 5_400_000],
  ["0s", 86_400_000],
])("%s is %d ms", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test("a student's text stays text in nginx.conf", () => {
  expect(literal('a"b\\c$uri')).toBe('"a\\"b\\\\c${gw_dollar}uri"');
  expect(literal("new", "${gw_sent_x}")).toBe('"${gw_sent_x}new"');
  expect(headerVariable("X-Header-Add")).toBe("x_header_add");
});
