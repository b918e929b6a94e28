import type { FitAddon } from "@xterm/addon-fit";
import type { ISearchOptions, SearchAddon } from "@xterm/addon-search";
import type { ITheme, Terminal } from "xterm";
import { colsRange, rowsRange, type ServerFrame } from "@/lib/contract/terminal-frames";
import { copyText } from "./clipboard";
import { resizeTerminal } from "./resize";
import { TerminalConnection, type ConnectionStatus } from "./terminal-connection";

export interface TerminalViewOptions {
  socketUrl(): Promise<string>;
  readOnly: boolean;
  fontSize: number;
  fontFamily: string;
  theme: ITheme;
  screenReader: boolean;
  onStatus(status: ConnectionStatus): void;
  onFrame(frame: Exclude<ServerFrame, { type: "output" | "pong" }>): void;
  onTitle(title: string): void;
  /** Text that the person pasted: returns false to hold it back (a question is shown). */
  onPaste(text: string): boolean;
  /** A key that belongs to the page, by its action; see `keyAction`. */
  onAction(action: TerminalAction): void;
  /** The armed control key has been used up. */
  onControlUsed(): void;
}

export type TerminalAction =
  | { type: "search" | "new-tab" | "leave" | "leave-back" | "copy" }
  | { type: "select-tab"; index: number };

const resizeQuietMs = 120;
const searchColours: ISearchOptions["decorations"] = {
  matchBackground: "#6b5a1e",
  activeMatchBackground: "#b58900",
  matchOverviewRuler: "#b58900",
  activeMatchColorOverviewRuler: "#e0ac00",
};

/** An xterm in `container` and its connection: what the React components steer. */
export class TerminalView {
  readonly #connection: TerminalConnection;
  readonly #encoder = new TextEncoder();
  readonly #observer: ResizeObserver;
  #resizeTimer: ReturnType<typeof setTimeout> | undefined;
  #wanted = { cols: 80, rows: 24 };
  #webgl: { dispose(): void } | undefined;
  #controlArmed = false;
  #searching = false;
  #disposed = false;

  private constructor(
    readonly terminal: Terminal,
    private readonly container: HTMLElement,
    private readonly fit: FitAddon,
    private readonly search: SearchAddon,
    private readonly options: TerminalViewOptions,
  ) {
    this.#wanted = this.#propose();
    this.#connection = new TerminalConnection({
      socketUrl: options.socketUrl,
      size: () => (this.#wanted = this.#propose()),
      onFrame: (frame) => this.#onFrame(frame),
      onStatus: options.onStatus,
    });
    terminal.onData((data) => this.#type(data));
    terminal.onBinary((data) => this.#send(Uint8Array.from(data, (character) => character.charCodeAt(0))));
    terminal.onTitleChange(options.onTitle);
    terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    container.addEventListener("paste", this.#onPaste, true);
    this.#observer = new ResizeObserver(() => this.#resizeSoon());
    this.#observer.observe(container);
    this.#connection.connect();
  }

  /** Loads xterm (in the browser only) and connects. */
  static async create(container: HTMLElement, options: TerminalViewOptions): Promise<TerminalView> {
    const [xterm, fit, search, links, unicode] = await Promise.all([
      import("xterm"),
      import("@xterm/addon-fit"),
      import("@xterm/addon-search"),
      import("@xterm/addon-web-links"),
      import("@xterm/addon-unicode11"),
    ]);
    await document.fonts.load(`${options.fontSize}px ${options.fontFamily}`).catch(() => undefined);
    const terminal = new xterm.Terminal({
      allowProposedApi: true,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      disableStdin: options.readOnly,
      fontFamily: options.fontFamily,
      fontSize: options.fontSize,
      lineHeight: 1.15,
      minimumContrastRatio: 4.5,
      macOptionIsMeta: true,
      rightClickSelectsWord: false,
      screenReaderMode: options.screenReader,
      scrollback: 10_000,
      theme: options.theme,
    });
    const fitAddon = new fit.FitAddon();
    const searchAddon = new search.SearchAddon({ highlightLimit: 2_000 });
    terminal.loadAddon(fitAddon as never);
    terminal.loadAddon(searchAddon as never);
    terminal.loadAddon(new links.WebLinksAddon() as never);
    terminal.loadAddon(new unicode.Unicode11Addon() as never);
    terminal.unicode.activeVersion = "11";
    terminal.open(container);
    return new TerminalView(terminal, container, fitAddon, searchAddon, options);
  }

  focus(): void {
    this.terminal.focus();
  }

  /** The visible tab draws with WebGL where that works; browsers allow few contexts, so the others let go of theirs. */
  async setVisible(visible: boolean): Promise<void> {
    if (!visible) {
      this.#webgl?.dispose();
      this.#webgl = undefined;
      return;
    }
    this.#resizeNow();
    if (this.#webgl || this.#disposed) return;
    try {
      const { WebglAddon } = await import("@xterm/addon-webgl");
      if (this.#webgl || this.#disposed) return;
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => {
        webgl.dispose();
        if (this.#webgl === webgl) this.#webgl = undefined;
      });
      this.terminal.loadAddon(webgl as never);
      this.#webgl = webgl;
    } catch {
      this.#webgl = undefined; // no WebGL here: the DOM renderer stays
    }
  }

  setOptions(change: { theme?: ITheme; fontSize?: number; screenReader?: boolean }): void {
    if (change.theme) this.terminal.options.theme = change.theme;
    if (change.screenReader !== undefined) this.terminal.options.screenReaderMode = change.screenReader;
    if (change.fontSize !== undefined && change.fontSize !== this.terminal.options.fontSize) {
      this.terminal.options.fontSize = change.fontSize;
      this.#resizeSoon();
    }
  }

  /** Sends keys as if typed. */
  type(data: string): void {
    this.#type(data);
    this.focus();
  }

  arrow(direction: "A" | "B" | "C" | "D"): void {
    this.type(`\x1b${this.terminal.modes.applicationCursorKeysMode ? "O" : "["}${direction}`);
  }

  /** The next character is sent as its control character; returns whether that is on now. */
  armControl(armed: boolean): void {
    this.#controlArmed = armed;
    this.focus();
  }

  get controlArmed(): boolean {
    return this.#controlArmed;
  }

  /** Pastes without asking; bracketed when the program wants that. */
  paste(text: string): void {
    this.terminal.paste(text);
    this.focus();
  }

  get bracketedPaste(): boolean {
    return this.terminal.modes.bracketedPasteMode;
  }

  get hasSelection(): boolean {
    return this.terminal.hasSelection();
  }

  selectAll(): void {
    this.terminal.selectAll();
    this.focus();
  }

  async copy(): Promise<"copied" | "nothing" | "refused"> {
    const text = this.terminal.getSelection();
    const copied = text !== "" && (await copyText(text));
    this.focus();
    return copied ? "copied" : text === "" ? "nothing" : "refused";
  }

  find(text: string, direction: "next" | "previous", incremental = false): boolean {
    this.#searching = true;
    const options = { decorations: searchColours, incremental };
    return direction === "next"
      ? this.search.findNext(text, options)
      : this.search.findPrevious(text, options);
  }

  endSearch(): void {
    this.#searching = false;
    this.search.clearDecorations();
    this.focus();
  }

  retryNow(): void {
    this.#connection.retryNow();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#resizeTimer);
    this.#observer.disconnect();
    this.container.removeEventListener("paste", this.#onPaste, true);
    this.#connection.dispose();
    this.#webgl?.dispose();
    this.terminal.dispose();
  }

  #onFrame(frame: ServerFrame): void {
    const { terminal } = this;
    switch (frame.type) {
      case "output": {
        const end = frame.offset + frame.bytes.length;
        terminal.write(frame.bytes, () => this.#connection.shown(end));
        return;
      }
      case "snapshot":
        // A full reset as a sequence: it takes its turn behind output that xterm has still to parse.
        terminal.write("\x1bc", () => this.#resize(frame));
        terminal.write(frame.bytes, () => this.#connection.shown(frame.offset));
        this.options.onTitle(frame.title);
        this.options.onFrame(frame);
        return;
      case "size":
        // In its place among the output that xterm has still to parse.
        terminal.write("", () => this.#resize(frame));
        this.options.onFrame(frame);
        return;
      case "state":
        if (frame.state !== "running") terminal.options.disableStdin = true;
        this.options.onFrame(frame);
        return;
      case "notice":
        this.options.onFrame(frame);
        return;
      case "pong":
        return;
    }
  }

  /** The size that the PTY has. What a search has found stays in view. */
  #resize({ cols, rows }: { cols: number; rows: number }): void {
    resizeTerminal(this.terminal, cols, rows, this.#searching);
  }

  #type(data: string): void {
    if (this.#controlArmed && data.length === 1) {
      this.#controlArmed = false;
      this.options.onControlUsed();
      const code = data.toUpperCase().charCodeAt(0);
      if (code >= 0x3f && code <= 0x5f) data = code === 0x3f ? "\x7f" : String.fromCharCode(code & 0x1f);
    }
    this.#send(this.#encoder.encode(data));
  }

  #send(bytes: Uint8Array): void {
    if (!this.options.readOnly) this.#connection.input(bytes);
  }

  #onKey(event: KeyboardEvent): boolean {
    const action = keyAction(event);
    if (!action) return true;
    if (action.type === "paste") return false; // the browser's own paste event follows
    event.preventDefault();
    if (event.type === "keydown") this.options.onAction(action);
    return false;
  }

  readonly #onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    event.preventDefault();
    event.stopPropagation();
    if (text !== "" && !this.options.readOnly && this.options.onPaste(text)) this.terminal.paste(text);
  };

  #resizeSoon(): void {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#resizeNow(), resizeQuietMs);
  }

  /** Asks for the size that fits; the terminal follows when the server says that the PTY has it. */
  #resizeNow(): void {
    if (this.#disposed || this.container.clientWidth === 0) return;
    const wanted = this.#propose();
    if (wanted.cols === this.#wanted.cols && wanted.rows === this.#wanted.rows) return;
    this.#wanted = wanted;
    this.#connection.resize(wanted.cols, wanted.rows);
  }

  #propose(): { cols: number; rows: number } {
    const proposed = this.container.clientWidth > 0 ? this.fit.proposeDimensions() : undefined;
    if (!proposed || Number.isNaN(proposed.cols)) return this.#wanted;
    return {
      cols: Math.min(colsRange.max, Math.max(20, proposed.cols)),
      rows: Math.min(rowsRange.max, Math.max(5, proposed.rows)),
    };
  }
}

/** What a key does to the page instead of the shell. Plain Ctrl combinations always belong to the shell. */
export function keyAction(
  event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">,
): TerminalAction | { type: "paste" } | undefined {
  const { key, code, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (key === "F6" && !ctrlKey && !altKey && !metaKey) return { type: shiftKey ? "leave-back" : "leave" };
  if (ctrlKey && shiftKey && !altKey) {
    if (code === "KeyC") return { type: "copy" };
    if (code === "KeyV") return { type: "paste" };
    if (code === "KeyF") return { type: "search" };
    if (code === "KeyT" || code === "Enter") return { type: "new-tab" };
    if (code === "Escape") return { type: "leave" };
  }
  if (metaKey && !ctrlKey && !altKey && code === "KeyC") return { type: "copy" };
  if (metaKey && !ctrlKey && !altKey && code === "KeyV") return { type: "paste" };
  const digit = /^Digit([1-8])$/.exec(code);
  if (altKey && !ctrlKey && !shiftKey && !metaKey && digit)
    return { type: "select-tab", index: Number(digit[1]) - 1 };
  return undefined;
}
