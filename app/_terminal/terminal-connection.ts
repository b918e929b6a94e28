import {
  closeCodes,
  decodeServerFrame,
  encodeClientFrame,
  framesVersion,
  inputBytesMax,
  type ClientFrame,
  type ServerFrame,
} from "@/lib/contract/terminal-frames";

export type ConnectionStatus =
  | { kind: "connecting" }
  | { kind: "open" }
  /** Tries again at `retryAtMs`. */
  | { kind: "waiting"; retryAtMs: number; reason: string }
  /** For good. */
  | { kind: "closed"; reason: string };

export interface TerminalConnectionOptions {
  /** Address for one attempt to connect. A thrown error with `retryable: false` ends the connection for good. */
  socketUrl(): Promise<string>;
  /** The size that the page has room for. */
  size(): { cols: number; rows: number };
  onFrame(frame: ServerFrame): void;
  onStatus(status: ConnectionStatus): void;
  now?: () => number;
  webSocket?: typeof WebSocket;
}

const retryDelaysMs = [500, 1_000, 2_000, 3_000, 5_000, 10_000];
const pingEveryMs = 15_000;
const pongWithinMs = 10_000;
/** Acknowledge at least this often; the rest when it is quiet. */
const ackBytes = 128 * 1024;
const ackQuietMs = 40;

const finalReasons: Record<number, string> = {
  [closeCodes.notFound]: "This terminal does not exist any more.",
  [closeCodes.sessionClosed]: "This terminal was closed.",
  [closeCodes.protocol]: "This page is out of date. Reload it.",
  [closeCodes.tooManyClients]: "This terminal is open in too many windows. Close one and reload this page.",
};

/** One terminal's line to the server, made again whenever it breaks, for as long as that can help. */
export class TerminalConnection {
  #socket: WebSocket | undefined;
  #tries = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #acked = 0;
  #shown = 0;
  #stopped = false;
  #round = 0;
  #pings = 0;

  constructor(private readonly options: TerminalConnectionOptions) {}

  connect(): void {
    void this.#connect();
  }

  /** Without waiting for the next try's time: the person asked, or the machine is online again. */
  retryNow(): void {
    if (this.#retryTimer === undefined) {
      if (this.#socket?.readyState === 1) this.#ping();
      return;
    }
    this.#tries = 0;
    void this.#connect();
  }

  input(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += inputBytesMax)
      this.#send({ type: "input", bytes: bytes.subarray(at, at + inputBytesMax) });
  }

  resize(cols: number, rows: number): void {
    this.#send({ type: "resize", cols, rows });
  }

  /** Everything before `offset` is on the screen. */
  shown(offset: number): void {
    this.#shown = offset;
    if (offset - this.#acked >= ackBytes) return this.#ack();
    this.#ackTimer ??= setTimeout(() => this.#ack(), ackQuietMs);
  }

  dispose(): void {
    this.#stopped = true;
    this.#forget();
    clearTimeout(this.#retryTimer);
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#forget();
    const round = ++this.#round;
    this.options.onStatus({ kind: "connecting" });
    let url: string;
    try {
      url = await this.options.socketUrl();
    } catch (failure) {
      if (this.#stopped || round !== this.#round) return;
      const { message, retryable } = failure as Error & { retryable?: boolean };
      if (retryable === false) return this.#close(message);
      return this.#retryLater(message);
    }
    if (this.#stopped || round !== this.#round) return;
    const socket = new (this.options.webSocket ?? WebSocket)(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#send({ type: "hello", version: framesVersion, ...this.options.size() });
      this.#pingTimer = setInterval(() => this.#ping(), pingEveryMs);
    };
    socket.onmessage = ({ data }) => {
      const frame = data instanceof ArrayBuffer ? decodeServerFrame(new Uint8Array(data)) : undefined;
      if (!frame) return;
      if (frame.type === "pong") {
        clearTimeout(this.#pongTimer);
        this.#pongTimer = undefined;
        return;
      }
      if (frame.type === "snapshot") {
        this.#tries = 0;
        this.#acked = frame.offset;
        this.options.onStatus({ kind: "open" });
      }
      this.options.onFrame(frame);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket || this.#stopped) return;
      this.#forget();
      const final = finalReasons[code];
      if (final !== undefined) return this.#close(final);
      this.#retryLater(
        code === closeCodes.terminalDown ? "The terminal server is restarting" : "Connection lost",
      );
    };
  }

  #retryLater(reason: string): void {
    const base = retryDelaysMs[Math.min(this.#tries, retryDelaysMs.length - 1)]!;
    this.#tries += 1;
    // A little chance, so that a class room does not come back in one instant.
    const delayMs = Math.round(base * (0.85 + Math.random() * 0.3));
    this.options.onStatus({ kind: "waiting", retryAtMs: (this.options.now ?? Date.now)() + delayMs, reason });
    this.#retryTimer = setTimeout(() => void this.#connect(), delayMs);
  }

  #close(reason: string): void {
    this.#stopped = true;
    this.#forget();
    this.options.onStatus({ kind: "closed", reason });
  }

  #ping(): void {
    this.#send({ type: "ping", id: this.#pings++ });
    this.#pongTimer ??= setTimeout(() => {
      if (this.#stopped) return;
      this.#forget();
      this.#retryLater("Connection lost");
    }, pongWithinMs);
  }

  #ack(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#acked = this.#shown;
    this.#send({ type: "ack", offset: this.#shown });
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(encodeClientFrame(frame));
  }

  #forget(): void {
    clearInterval(this.#pingTimer);
    clearTimeout(this.#pongTimer);
    clearTimeout(this.#ackTimer);
    this.#pongTimer = undefined;
    this.#ackTimer = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
