import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { Screen } from "./screen";

async function screenOf(text: string, cols = 80, rows = 24): Promise<Screen> {
  const screen = new Screen(cols, rows);
  await screen.write(Buffer.from(text));
  return screen;
}

/** Another terminal that is given the snapshot, as a browser that comes back. */
async function copyOf(screen: Screen): Promise<Screen> {
  const copy = new Screen(screen.cols, screen.rows);
  await copy.write(screen.serialize());
  return copy;
}

function same(one: Screen, other: Screen): void {
  expect(other.lines()).toEqual(one.lines());
  expect(other.cursor).toEqual(one.cursor);
  expect(other.alternate).toBe(one.alternate);
  expect(other.modes).toEqual(one.modes);
  expect(other.serialize().toString()).toBe(one.serialize().toString());
}

const vim =
  "prompt$ vim\r\n\x1b[?1049h\x1b[22;0;0t\x1b[>4;2m\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[1;24r\x1b[?12h\x1b[?12l" +
  '\x1b[22;2t\x1b[22;1t\x1b[27m\x1b[23m\x1b[29m\x1b[m\x1b[H\x1b[2J\x1b[?25l\x1b[24;1H"file" 3L, 21B\x1b[?1000h' +
  "\x1b[?1002h\x1b[?1006h\x1b[1;1H\x1b[33m  1 \x1b[mone\r\n\x1b[33m  2 \x1b[m漢字\r\n\x1b[33m  3 \x1b[mthree" +
  "\x1b[4;1H\x1b[1m\x1b[34m~\x1b[m\x1b[2;7H\x1b[?25h";

describe("Screen", () => {
  it("gives back vim: alternate screen, modes, cursor; and the shell below it", async () => {
    const screen = await screenOf(vim);
    const copy = await copyOf(screen);
    expect(copy.alternate).toBe(true);
    expect(copy.lines().slice(0, 4)).toEqual(["  1 one", "  2 漢字", "  3 three", "~"]);
    expect(copy.modes).toMatchObject({
      applicationCursorKeysMode: true,
      bracketedPasteMode: true,
      mouseTrackingMode: "drag",
      sendFocusMode: true,
    });
    expect(copy.serialize().toString()).toContain("\x1b[?1006h");
    same(screen, copy);
    for (const terminal of [screen, copy]) await terminal.write(Buffer.from("\x1b[?1049l$ "));
    expect(copy.lines().slice(0, 2)).toEqual(["prompt$ vim", "$"]);
    same(screen, copy);
  });

  it("keeps 10,000 lines of scrollback and no more", async () => {
    const text = Array.from({ length: 12_000 }, (_, i) => `line ${i}`).join("\r\n");
    const screen = await screenOf(text);
    expect(screen.scrollback).toBe(10_000);
    const copy = await copyOf(screen);
    expect(copy.scrollback).toBe(10_000);
    expect(copy.serialize().toString()).toMatch(/^line 1976\r\nline 1977/);
    same(screen, copy);
  });

  it("keeps hidden cursor, scroll region, cursor style and line drawing", async () => {
    const screen = await screenOf("\x1b[5;10r\x1b[4 q\x1b[?25l\x1b(0\x1b[7;3H");
    const copy = await copyOf(screen);
    same(screen, copy);
    for (const terminal of [screen, copy]) await terminal.write(Buffer.from("qqx\n\n\n\nlast"));
    same(screen, copy);
    expect(copy.lines()).toContain("  ──│");
  });

  it("keeps wrapped lines together, also when the size changes afterwards", async () => {
    const screen = await screenOf(`${"0123456789".repeat(10)}\r\nnext`, 40, 10);
    const copy = await copyOf(screen);
    for (const terminal of [screen, copy]) terminal.resize(100, 10);
    expect(copy.lines()[0]).toBe("0123456789".repeat(10));
    same(screen, copy);
  });

  it("can be taken at any byte", { timeout: 240_000 }, async () => {
    const bytes = Buffer.from(`${vim}\x1b]0;a title\x07é漢🙂\x1b[1;31mred`);
    const whole = await screenOf("");
    await whole.write(bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const first = new Screen(80, 24);
      await first.write(bytes.subarray(0, cut));
      const copy = await copyOf(first);
      await copy.write(bytes.subarray(cut));
      expect(copy.lines(), `cut at ${cut}`).toEqual(whole.lines());
      expect(copy.cursor).toEqual(whole.cursor);
    }
    expect(whole.title).toBe("a title");
  });

  it("is the same however its bytes are cut", async () => {
    const piece = fc.constantFrom(
      "text ",
      "\x1b[31m",
      "漢字",
      "\r\n",
      "\x1b[2;5H",
      "\x1b[K",
      "🙂",
      "\x1b[?1049h",
      "\x1b[?1049l",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (pieces, step) => {
          const bytes = Buffer.from(pieces.join(""));
          const whole = new Screen(30, 6);
          await whole.write(bytes);
          const cut = new Screen(30, 6);
          for (let at = 0; at < bytes.length; at += step) await cut.write(bytes.subarray(at, at + step));
          expect(cut.lines()).toEqual(whole.lines());
          expect(cut.cursor).toEqual(whole.cursor);
        },
      ),
      { numRuns: 40 },
    );
  });

  it(
    "is the same whether a long text was left out in part or parsed line by line",
    { timeout: 60_000 },
    async () => {
      const line = (i: number) => `${i} ${"x".repeat(i % 90)}\r\n`;
      const text = Array.from({ length: 10_400 }, (_, i) => line(i)).join("");
      for (const before of ["\x1b[31mred ", "\x1b[2;9r\x1b[3H", "\x1b[?1049h"]) {
        const bytes = Buffer.from(`${before}${text}\x1b[1mbold ${text}end`);
        const [whole, pieces] = [new Screen(80, 24), new Screen(80, 24)];
        await whole.write(bytes);
        for (let at = 0; at < bytes.length; at += 15_000) await pieces.write(bytes.subarray(at, at + 15_000));
        expect(whole.serialize().equals(pieces.serialize()), JSON.stringify(before)).toBe(true);
      }
    },
  );
});
