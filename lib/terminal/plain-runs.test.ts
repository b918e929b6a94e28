import { describe, expect, it } from "vitest";
import { needlessText } from "./plain-runs";

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\r\n`).join("");
const kept = (text: string, count: number) => {
  const bytes = Buffer.from(text);
  let rest = "";
  let done = 0;
  for (const [from, to] of needlessText(bytes, count)) {
    rest += bytes.toString("utf8", done, from);
    done = to;
  }
  return rest + bytes.toString("utf8", done);
};

describe("needlessText", () => {
  it("leaves the last lines of a plain stretch", () => {
    expect(kept(lines(0, 100), 3)).toBe(lines(97, 100));
    expect(kept(`${lines(0, 100)}prompt$ `, 3)).toBe(`${lines(97, 100)}prompt$ `);
  });

  it("leaves everything where the stretch is short or holds controls", () => {
    for (const text of [lines(0, 3), lines(0, 20).replaceAll("line", "\x1b[1mline"), "\r".repeat(100)])
      expect(kept(text, 5)).toBe(text);
  });

  it("treats each stretch by itself", () => {
    expect(kept(`${lines(0, 50)}\x1b[1m${lines(50, 100)}`, 3)).toBe(
      `${lines(47, 50)}\x1b[1m${lines(97, 100)}`,
    );
  });

  it("cuts nothing where lines end without a carriage return", () => {
    const text = "a\n".repeat(100);
    expect(kept(text, 3)).toBe(text);
  });
});
