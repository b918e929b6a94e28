import { describe, expect, test } from "vitest";
import { base64Refusal, timeRefusal } from "./go-values";

/** The texts are those of Go 1.24's encoding/base64 and time. */
describe("text that Go decodes", () => {
  test.each([
    ["", undefined],
    ["YWJj", undefined],
    ["YWI=", undefined],
    ["YQ==", undefined],
    ["YW\nJj\n", undefined],
    ["YQ=\n=\n", undefined],
    ["not base64", "illegal base64 data at input byte 3"],
    ["YWJ", "illegal base64 data at input byte 0"],
    ["YWJjZ", "illegal base64 data at input byte 4"],
    ["=", "illegal base64 data at input byte 0"],
    ["YQ=", "illegal base64 data at input byte 3"],
    ["YQ=x", "illegal base64 data at input byte 2"],
    ["YWI=x", "illegal base64 data at input byte 4"],
    ["YWJj-_", "illegal base64 data at input byte 4"],
  ])("base64 %j", (text, refusal) => {
    expect(base64Refusal(text)).toBe(refusal);
  });

  test.each([
    ["2026-01-31T23:59:59Z", undefined],
    ["2026-01-31T23:59:59.123+02:00", undefined],
    [
      "yesterday",
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    ["2026-01-31", 'parsing time "2026-01-31" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    [
      "2026-01-31T10:00:00",
      'parsing time "2026-01-31T10:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
    ],
    ["2026-13-01T10:00:00Z", 'parsing time "2026-13-01T10:00:00Z": month out of range'],
    ["2026-02-30T10:00:00Z", 'parsing time "2026-02-30T10:00:00Z": day out of range'],
    ["2026-02-01T10:00:00Zx", 'parsing time "2026-02-01T10:00:00Zx": extra text: "x"'],
  ])("time %j", (text, refusal) => {
    expect(timeRefusal(text)).toBe(refusal);
  });
});
