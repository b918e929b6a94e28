import { describe, expect, test } from "vitest";
import { compileCel } from "./program";

describe("matches", () => {
  const object = { name: "v1.6.1" };

  test.each([
    ["as a method", "object.name.matches('^v1')", true],
    ["as a function of a value whose type is not known", "matches(object.name, '^v1[.][0-9]')", true],
    ["as a function that finds nothing", "matches(object.name, 'v0')", false],
  ])("%s", (_name, expression, expected) => {
    expect(compileCel(expression).run({ object })).toBe(expected);
  });

  test("takes linear time, whichever way it is written", () => {
    const evil = { text: `${"a".repeat(40)}!` };
    for (const expression of ["evil.text.matches('^(a+)+$')", "matches(evil.text, '^(a+)+$')"])
      expect(compileCel(expression).run({ evil })).toBe(false);
  });
});
