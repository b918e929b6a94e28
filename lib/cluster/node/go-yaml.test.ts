import { describe, expect, it } from "vitest";
import { parseGoYaml } from "./go-yaml";

describe("parseGoYaml", () => {
  it.each([
    ["a: b\nc: d: e\n", "yaml: line 2: mapping values are not allowed in this context"],
    ["a:\n  b: 1\n\tc: 2\n", "yaml: line 3: found character that cannot start any token"],
    ["a:\n  b\n    c: d\n", "yaml: line 3: mapping values are not allowed in this context"],
    ["a: 1\nb\nc: 2\n", "yaml: line 2: could not find expected ':'"],
    ['a: "b\nc: d\n', "yaml: line 3: found unexpected end of stream"],
    ["a:\n  b: 1\n c: 2\n", "yaml: line 2: did not find expected key"],
  ])("refuses %j as go-yaml does", (text, message) => {
    expect(() => parseGoYaml(text)).toThrow(message);
  });

  it("reads what is well formed, keys that are given twice included", () => {
    expect(parseGoYaml("a: 1\na: 2\nb: [x]\n")).toEqual({ a: 2, b: ["x"] });
  });
});
