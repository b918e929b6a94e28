import type { Terminal } from "xterm";

/** What is asked of an xterm here. */
export type Resizable = Pick<
  Terminal,
  | "buffer"
  | "clearSelection"
  | "cols"
  | "getSelection"
  | "getSelectionPosition"
  | "registerMarker"
  | "resize"
  | "rows"
  | "scrollToBottom"
  | "scrollToLine"
  | "select"
>;
interface Place {
  x: number;
  y: number;
}

/**
 * Gives the terminal its new size and keeps what the person has before them: the selection, which xterm lets go of, and
 * the line at the top of the view where they have scrolled back. `follow`: a selection that was in view stays in view.
 */
export function resizeTerminal(terminal: Resizable, cols: number, rows: number, follow = false): void {
  if (cols === terminal.cols && rows === terminal.rows) return;
  const { viewportY, baseY } = terminal.buffer.active;
  const top = viewportY < baseY ? anchorAt(terminal, { x: 0, y: viewportY }) : undefined;
  const wasSeen = follow && selectionInView(terminal);
  const select = keepSelection(terminal);
  terminal.resize(cols, rows);
  select();
  const line = top?.()?.y;
  if (line !== undefined) scrollTo(terminal, line);
  const start = terminal.getSelectionPosition()?.start;
  if (!wasSeen || !start || selectionInView(terminal)) return;
  scrollTo(terminal, start.y < terminal.buffer.active.viewportY ? start.y : start.y - rows + 1);
}

function selectionInView(terminal: Resizable): boolean {
  const y = terminal.getSelectionPosition()?.start.y;
  const { viewportY } = terminal.buffer.active;
  return y !== undefined && y >= viewportY && y < viewportY + terminal.rows;
}

/** By way of the end: xterm's scroll bar knows nothing of the lines that a resize moved, and would stay where it is. */
function scrollTo(terminal: Resizable, line: number): void {
  terminal.scrollToBottom();
  terminal.scrollToLine(line);
}

/** Returns what selects the same text again, or nothing where that text is there no longer. */
function keepSelection(terminal: Resizable): () => void {
  const range = terminal.getSelectionPosition();
  if (!range) return () => undefined;
  const text = letters(terminal.getSelection());
  const ends = [anchorAt(terminal, range.start), anchorAt(terminal, range.end)] as const;
  return () => {
    const [start, end] = ends.map((place) => place());
    if (!start || !end) return terminal.clearSelection();
    const { cols, buffer } = terminal;
    const last = Math.min(end.y * cols + end.x, buffer.active.length * cols);
    terminal.select(start.x, start.y, last - start.y * cols - start.x);
    if (letters(terminal.getSelection()) !== text) terminal.clearSelection();
  };
}

/** Blanks at the ends of rows come and go with the size. */
const letters = (text: string) => text.replace(/\s+/g, "");

/** A place that stays with its text when lines are wrapped anew. Ask once: undefined when the line is gone. */
function anchorAt(terminal: Resizable, { x, y }: Place): () => Place | undefined {
  const buffer = terminal.buffer.active;
  if (buffer.type === "alternate") return () => ({ x, y }); // nothing is wrapped anew there
  let first = y;
  while (first > 0 && buffer.getLine(first)?.isWrapped) first -= 1;
  const cells = (y - first) * terminal.cols + x;
  const marker = terminal.registerMarker(first - buffer.baseY - buffer.cursorY);
  return () => {
    const { line } = marker;
    marker.dispose();
    if (line < 0) return undefined;
    return { x: cells % terminal.cols, y: line + Math.floor(cells / terminal.cols) };
  };
}
