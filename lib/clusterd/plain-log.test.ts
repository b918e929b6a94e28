import { expect, test } from "vitest";
import { plainLog, type LogView } from "./plain-log";

const log = [
  "2026-01-01T00:00:01.000000001Z stdout F one",
  "2026-01-01T00:00:02.000000001Z stderr F two words",
  "2026-01-01T00:00:03.000000001Z stdout P thr",
  "2026-01-01T00:00:03.000000002Z stdout F ee",
  "2026-01-01T00:00:04.000000001Z stdout F ",
  "",
].join("\n");

async function read(view: Partial<LogView> = {}, cut = 7): Promise<string> {
  async function* chunks() {
    for (let at = 0; at < log.length; at += cut) yield Buffer.from(log.slice(at, at + cut));
  }
  const parts: Uint8Array[] = [];
  for await (const part of plainLog(chunks(), { timestamps: false, ...view })) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

test("prints the text of all streams, joins parts and keeps empty lines, wherever chunks are cut", async () => {
  for (const cut of [1, 7, 1000]) expect(await read({}, cut)).toBe("one\ntwo words\nthree\n\n");
});

test("stamps each line once", async () => {
  expect(await read({ timestamps: true })).toContain("2026-01-01T00:00:03.000000001Z three\n");
});

test("leaves out what is older than `since`, and counts the tail of the rest", async () => {
  const sinceMs = Date.parse("2026-01-01T00:00:02Z");
  expect(await read({ sinceMs })).toBe("two words\nthree\n\n");
  expect(await read({ sinceMs, tailLines: 1 })).toBe("\n");
});

test("stops at the limit of bytes", async () => {
  expect(await read({ limitBytes: 6 })).toBe("one\ntw");
});
