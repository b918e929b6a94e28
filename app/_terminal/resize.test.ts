import { describe, expect, it } from "vitest";
import headless from "@xterm/headless";
import { resizeTerminal, type Resizable } from "./resize";

/** A real buffer with a selection as xterm has it: by cells from its start, and gone when the number of rows changes. */
async function screen(text: string, cols = 20, rows = 5) {
  const terminal = new headless.Terminal({ cols, rows, scrollback: 100, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text.replaceAll("\n", "\r\n"), resolve));
  let range: ReturnType<Resizable["getSelectionPosition"]>;
  terminal.onResize((size) => {
    if (size.rows !== rows) range = undefined;
  });
  const selectable = {
    select(x: number, y: number, length: number) {
      const end = x + length;
      range = { start: { x, y }, end: { x: end % terminal.cols, y: y + Math.floor(end / terminal.cols) } };
    },
    clearSelection: () => (range = undefined),
    getSelectionPosition: () => range,
    getSelection() {
      if (!range) return "";
      const { start, end } = range;
      const line = (y: number, from = 0, to?: number) =>
        terminal.buffer.active.getLine(y)?.translateToString(true, from, to) ?? "";
      if (start.y === end.y) return line(start.y, start.x, end.x);
      const between = Array.from({ length: end.y - start.y - 1 }, (_, index) => line(start.y + 1 + index));
      return [line(start.y, start.x), ...between, line(end.y, 0, end.x)].join("");
    },
  };
  return Object.assign(terminal, selectable) as unknown as Resizable & typeof selectable;
}
const numbered = Array.from({ length: 20 }, (_, index) => `line ${index}`).join("\n");
const topLine = ({ buffer: { active } }: Resizable) =>
  active.getLine(active.viewportY)!.translateToString(true);

describe("a terminal in another size", () => {
  it.each([
    [20, 3],
    [20, 9],
    [9, 5],
    [40, 8],
  ])("has the same text selected at %i x %i", async (cols, rows) => {
    const terminal = await screen("first\nabcdefghijklmnopqrstuvwxyz\nsecond\nthird");
    terminal.select(18, 1, 6);
    expect(terminal.getSelection()).toBe("stuvwx");
    resizeTerminal(terminal, cols, rows);
    expect(terminal.getSelection()).toBe("stuvwx");
  });

  it("has everything selected that was, without the blank rows that are gone", async () => {
    const terminal = await screen("first\nsecond", 20, 6);
    terminal.select(0, 0, 120);
    resizeTerminal(terminal, 20, 4);
    expect(terminal.getSelection()).toBe("firstsecond");
  });

  it("has nothing selected when the text is gone with its rows", async () => {
    const terminal = await screen("\x1b[?1049h\x1b[5;1Hlast\x1b[1;1H");
    terminal.select(0, 4, 4);
    expect(terminal.getSelection()).toBe("last");
    resizeTerminal(terminal, 20, 3);
    expect(terminal.getSelection()).toBe("");
  });

  it("shows the same line at the top where the person has scrolled back", async () => {
    const terminal = await screen(numbered);
    terminal.scrollToLine(0);
    resizeTerminal(terminal, 20, 3);
    expect(topLine(terminal)).toBe("line 0");
    terminal.scrollToLine(7);
    resizeTerminal(terminal, 20, 8);
    expect(topLine(terminal)).toBe("line 7");
  });

  it("stays at the end where the person is at the end", async () => {
    const terminal = await screen(numbered);
    resizeTerminal(terminal, 20, 3);
    expect(topLine(terminal)).toBe("line 17");
  });

  it.each([15, 19])("keeps a match in view when asked to, row %i", async (row) => {
    const terminal = await screen(numbered);
    terminal.select(0, row, 7);
    resizeTerminal(terminal, 20, 3, true);
    const { viewportY } = terminal.buffer.active;
    expect(row).toBeGreaterThanOrEqual(viewportY);
    expect(row).toBeLessThan(viewportY + 3);
  });
});
