import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CastWriter } from "./cast";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cast-"));
  file = join(folder, "one.cast");
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = () =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

describe("CastWriter", () => {
  it("writes asciicast v2 with times relative to the start", () => {
    const cast = new CastWriter(file, undefined);
    cast.start(1_700_000_000_000, 80, 24, "controlplane");
    cast.output(1_700_000_000_250, Buffer.from("hi \x1b[1m"));
    cast.resize(1_700_000_001_000, 100, 30);
    cast.close();
    expect(lines()).toEqual([
      expect.objectContaining({ version: 2, width: 80, height: 24, timestamp: 1_700_000_000 }),
      [0.25, "o", "hi \x1b[1m"],
      [1, "r", "100x30"],
    ]);
  });

  it("does not split a character between two events, nor between two writers", () => {
    const bytes = Buffer.from("漢🙂é");
    let cast = new CastWriter(file, undefined);
    cast.start(0, 80, 24, "");
    for (const byte of bytes) {
      cast.output(0, Uint8Array.of(byte));
      const { state } = cast;
      cast.close();
      cast = new CastWriter(file, state);
    }
    cast.close();
    expect(lines().slice(1)).toEqual([
      [0, "o", "漢"],
      [0, "o", "🙂"],
      [0, "o", "é"],
    ]);
  });

  it("drops what a writer that died wrote after its last state", () => {
    const cast = new CastWriter(file, undefined);
    cast.start(0, 80, 24, "");
    cast.output(0, Buffer.from("kept"));
    const { state } = cast;
    cast.output(0, Buffer.from("repeated later"));
    cast.close();
    appendFileSync(file, '[0.1,"o","torn');
    const next = new CastWriter(file, state);
    next.output(5, Buffer.from("more"));
    next.close();
    expect(lines().slice(1)).toEqual([
      [0, "o", "kept"],
      [0.005, "o", "more"],
    ]);
  });

  it("ends with a mark at its limit", () => {
    const cast = new CastWriter(file, undefined, 2_000);
    cast.start(0, 80, 24, "");
    for (let i = 0; i < 100; i++) cast.output(i, Buffer.alloc(100, "x"));
    cast.close();
    expect(readFileSync(file).length).toBeLessThan(2_500);
    expect(lines().at(-2)).toEqual([expect.any(Number), "m", expect.stringContaining("limit")]);
    expect(cast.state.ended).toBe(true);
  });
});
