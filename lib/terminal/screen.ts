import { createRequire } from "node:module";
import type * as Headless from "@xterm/headless";
import type * as Serialize from "@xterm/addon-serialize";
import type * as Unicode11 from "@xterm/addon-unicode11";
import { escapeBoundary } from "./escape-boundary";
import { needlessText } from "./plain-runs";

// Both packages are CommonJS bundles whose names Node cannot see through an ESM import.
const require = createRequire(import.meta.url);
const { Terminal: HeadlessTerminal } = require("@xterm/headless") as typeof Headless;
const { SerializeAddon } = require("@xterm/addon-serialize") as typeof Serialize;
const { Unicode11Addon } = require("@xterm/addon-unicode11") as typeof Unicode11;

export const scrollbackLines = 10_000;
/** A sequence that is longer than this without an end is given to the terminal as it is. */
const pendingBytesMax = 1 << 20;
const writeBytesMax = 256 * 1024;

/**
 * The screen of a terminal as its bytes left it: both buffers, scrollback, cursor, modes, title. `serialize` gives
 * bytes that bring an empty terminal of the same size into the same state, at any moment: a character or a sequence
 * that is not complete yet stays pending and is handed over unparsed at the end.
 */
export class Screen {
  readonly #terminal: Headless.Terminal;
  readonly #serializer = new SerializeAddon();
  #pending: Uint8Array = new Uint8Array();
  title = "";

  constructor(cols: number, rows: number) {
    this.#terminal = new HeadlessTerminal({
      cols,
      rows,
      scrollback: scrollbackLines,
      allowProposedApi: true,
      logLevel: "off",
    });
    this.#terminal.loadAddon(this.#serializer as never);
    this.#terminal.loadAddon(new Unicode11Addon() as never);
    this.#terminal.unicode.activeVersion = "11";
    this.#terminal.onTitleChange((title) => {
      this.title = title.slice(0, 200);
    });
  }

  get cols(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** Resolves when the bytes are on the screen; calls must not overlap. */
  async write(bytes: Uint8Array): Promise<void> {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    let boundary = escapeBoundary(all);
    if (all.length - boundary > pendingBytesMax) boundary = all.length;
    this.#pending = Uint8Array.from(all.subarray(boundary));
    const complete = all.subarray(0, boundary);
    let done = 0;
    for (const [from, to] of needlessText(complete, scrollbackLines + this.rows)) {
      await this.#parse(complete.subarray(done, from));
      done = scrollsAsAWhole(this.#terminal) ? to : from;
    }
    await this.#parse(complete.subarray(done));
  }

  async #parse(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += writeBytesMax) {
      const slice = bytes.subarray(from, from + writeBytesMax);
      await new Promise<void>((resolve) => this.#terminal.write(slice, resolve));
    }
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
  }

  serialize(): Buffer {
    return Buffer.concat([
      Buffer.from(this.#serializer.serialize({ scrollback: scrollbackLines }) + privateState(this.#terminal)),
      this.#pending,
    ]);
  }

  /** The visible lines as text: for tests and logs. */
  lines(): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.rows }, (_, row) =>
      (buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "").trimEnd(),
    );
  }

  get scrollback(): number {
    return this.#terminal.buffer.normal.length - this.rows;
  }

  get cursor(): { x: number; y: number } {
    const { cursorX: x, cursorY: y } = this.#terminal.buffer.active;
    return { x, y };
  }

  get alternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  get modes(): Headless.Terminal["modes"] {
    return this.#terminal.modes;
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

/** What the serialize add-on leaves out, read from the terminal's core (its version is pinned; tests notice a change). */
interface TerminalCore {
  buffer: { scrollTop: number; scrollBottom: number; x: number; y: number };
  coreService: {
    isCursorHidden: boolean;
    decPrivateModes: { origin: boolean; cursorStyle?: string; cursorBlink?: boolean };
  };
  coreMouseService: { activeEncoding: string };
  _charsetService: { glevel: number; _charsets: (Record<string, string> | undefined)[] };
}

function scrollsAsAWhole(terminal: Headless.Terminal): boolean {
  const { scrollTop, scrollBottom } = (terminal as unknown as { _core: TerminalCore })._core.buffer;
  return terminal.buffer.active.type === "normal" && scrollTop === 0 && scrollBottom === terminal.rows - 1;
}

function privateState(terminal: Headless.Terminal): string {
  const core = (terminal as unknown as { _core: TerminalCore })._core;
  const { scrollTop, scrollBottom, x, y } = core.buffer;
  const { isCursorHidden, decPrivateModes } = core.coreService;
  let state = "";
  if (scrollTop !== 0 || scrollBottom !== terminal.rows - 1)
    state += `\x1b[${scrollTop + 1};${scrollBottom + 1}r`;
  if (state !== "" || decPrivateModes.origin) {
    const row = decPrivateModes.origin ? y - scrollTop : y;
    state += `\x1b[${row + 1};${Math.min(x, terminal.cols - 1) + 1}H`;
  }
  if (core.coreMouseService.activeEncoding === "SGR") state += "\x1b[?1006h";
  if (core.coreMouseService.activeEncoding === "SGR_PIXELS") state += "\x1b[?1016h";
  const style = ["block", "underline", "bar"].indexOf(decPrivateModes.cursorStyle ?? "");
  if (style >= 0) state += `\x1b[${style * 2 + (decPrivateModes.cursorBlink === false ? 2 : 1)} q`;
  // Line drawing is the only other set that programs still select.
  const { glevel, _charsets } = core._charsetService;
  if (_charsets[0]?.q === "─") state += "\x1b(0";
  if (_charsets[1]?.q === "─") state += "\x1b)0";
  if (glevel === 1) state += "\x0e";
  if (isCursorHidden) state += "\x1b[?25l";
  return state;
}
