import WebSocket, { type ClientOptions } from "ws";
import {
  decodeServerFrame,
  encodeClientFrame,
  framesVersion,
  inputBytesMax,
  type ServerFrame,
} from "@/lib/contract/terminal-frames";
import { Screen } from "@/lib/terminal/screen";

export interface TerminalClientOptions {
  cols?: number;
  rows?: number;
  /** Of the WebSocket: headers, origin. */
  socket?: ClientOptions;
  /** false: shows output and never says so, as a stuck browser. */
  acknowledges?: boolean;
}

/** A browser's terminal without the browser: speaks the frames and keeps a screen. For tests and benchmarks. */
export class TestTerminalClient {
  readonly socket: WebSocket;
  screen: Screen;
  readOnly = false;
  /** Offset after the last byte that was received. */
  offset = 0;
  snapshots = 0;
  received = 0;
  closed: { code: number; reason: string } | undefined;
  readonly frames: ServerFrame[] = [];
  acknowledges: boolean;
  #work: Promise<void> = Promise.resolve();
  #watchers = new Set<() => void>();

  constructor(url: string, options: TerminalClientOptions = {}) {
    const { cols = 80, rows = 24 } = options;
    this.screen = new Screen(cols, rows);
    this.acknowledges = options.acknowledges ?? true;
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...options.socket });
    this.socket.binaryType = "nodebuffer";
    this.socket.on("open", () =>
      this.socket.send(encodeClientFrame({ type: "hello", version: framesVersion, cols, rows })),
    );
    this.socket.on("message", (data: Buffer) => {
      const frame = decodeServerFrame(data);
      if (!frame) throw new Error("not a server frame");
      this.#work = this.#work.then(() => this.#apply(frame));
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#changed();
    });
  }

  /** The terminal at `sessionId` of a terminald at a unix socket. */
  static onSocket(path: string, sessionId: string, options?: TerminalClientOptions & { readOnly?: boolean }) {
    const query = options?.readOnly ? "?readonly=1" : "";
    return new TestTerminalClient(`ws+unix://${path}:/session/${sessionId}${query}`, options);
  }

  type(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += inputBytesMax)
      this.socket.send(encodeClientFrame({ type: "input", bytes: bytes.subarray(at, at + inputBytesMax) }));
  }

  resize(cols: number, rows: number): void {
    this.socket.send(encodeClientFrame({ type: "resize", cols, rows }));
  }

  ack(offset = this.offset): void {
    this.socket.send(encodeClientFrame({ type: "ack", offset }));
  }

  get text(): string {
    return this.screen.lines().join("\n").trimEnd();
  }

  /** Resolves when `holds` does; looked at after every frame. */
  async until(holds: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`Waited ${timeoutMs} ms for: ${what}\nScreen:\n${this.text}`));
      }, timeoutMs);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }

  untilText(text: string | RegExp, timeoutMs?: number): Promise<void> {
    const holds = () => (typeof text === "string" ? this.text.includes(text) : text.test(this.text));
    return this.until(holds, `the text ${String(text)}`, timeoutMs);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    const closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.terminate();
    await closed;
  }

  async #apply(frame: ServerFrame): Promise<void> {
    if (frame.type === "output") {
      await this.screen.write(frame.bytes);
      this.offset = frame.offset + frame.bytes.length;
      this.received += frame.bytes.length;
    } else {
      this.frames.push(frame);
    }
    if (frame.type === "snapshot") {
      this.screen = new Screen(frame.cols, frame.rows);
      await this.screen.write(frame.bytes);
      this.offset = frame.offset;
      this.readOnly = frame.readOnly;
      this.snapshots += 1;
    }
    if (frame.type === "size") this.screen.resize(frame.cols, frame.rows);
    if (this.acknowledges && (frame.type === "output" || frame.type === "snapshot") && !this.closed)
      this.ack();
    this.#changed();
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look();
  }
}
