import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { escapeBoundary } from "./escape-boundary";

const boundary = (text: string) => escapeBoundary(Buffer.from(text, "latin1"));
const utf8 = (text: string) => Buffer.from(text, "utf8");

describe("escapeBoundary", () => {
  it.each([
    ["plain text\r\n", "plain text\r\n"],
    ["a\x1b", "a"],
    ["a\x1b[", "a"],
    ["a\x1b[1;3", "a"],
    ["a\x1b[1;31m", "a\x1b[1;31m"],
    ["a\x1b(", "a"],
    ["a\x1b(0", "a\x1b(0"],
    ["a\x1b]0;title", "a"],
    ["a\x1b]0;title\x07b", "a\x1b]0;title\x07b"],
    ["a\x1b]0;title\x1b", "a"],
    ["a\x1b]0;title\x1b\\b", "a\x1b]0;title\x1b\\b"],
    ["a\x1bP1$r0m", "a"],
    ["a\x1bP1$r0m\x07", "a"], // a bell does not end a device control string
    ["a\x1b[1\x1b[2", "a\x1b[1"], // an escape ends the sequence before it
    ["a\x1b[1\x18b", "a\x1b[1\x18b"],
  ])("of %j is after %j", (text, complete) => {
    expect(boundary(text)).toBe(complete.length);
  });

  it("does not split a character", () => {
    for (const character of ["é", "漢", "🙂"]) {
      const bytes = utf8(`x${character}`);
      for (let end = 2; end < bytes.length; end++) expect(escapeBoundary(bytes.subarray(0, end))).toBe(1);
      expect(escapeBoundary(bytes)).toBe(bytes.length);
    }
  });

  it("passes bytes that are no UTF-8", () => {
    expect(boundary("\xff\xfe\x80a")).toBe(4);
    expect(boundary("\xe6ab")).toBe(3);
  });

  it("finds the same end however the bytes are cut", () => {
    const piece = fc.constantFrom(
      "text",
      "\x1b[31m",
      "\x1b]0;t\x07",
      "漢字",
      "\x1b]8;;x\x1b\\",
      "\x1b(0",
      "\r\n",
      "🙂",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(), (pieces, cut) => {
        const all = utf8(pieces.join(""));
        const at = all.length === 0 ? 0 : cut % all.length;
        const first = escapeBoundary(all.subarray(0, at));
        expect(first).toBeLessThanOrEqual(at);
        // What was held back, with what follows, is complete: nothing began in the middle.
        expect(first + escapeBoundary(all.subarray(first))).toBe(all.length);
      }),
    );
  });
});
