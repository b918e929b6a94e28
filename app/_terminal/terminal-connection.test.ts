import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  decodeClientFrame,
  encodeServerFrame,
  type ClientFrame,
  type ServerFrame,
} from "@/lib/contract/terminal-frames";
import { TerminalConnection, type ConnectionStatus } from "./terminal-connection";

class FakeSocket {
  static made: FakeSocket[] = [];
  readyState = 0;
  binaryType = "";
  sent: ClientFrame[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send(bytes: Uint8Array): void {
    this.sent.push(decodeClientFrame(bytes)!);
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  receive(frame: ServerFrame): void {
    this.onmessage?.({ data: encodeServerFrame(frame).buffer });
  }
  breakWith(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const snapshot: ServerFrame = {
  type: "snapshot",
  offset: 100,
  cols: 80,
  rows: 24,
  readOnly: false,
  title: "",
  bytes: new Uint8Array(),
};
let statuses: ConnectionStatus[];
let frames: ServerFrame[];
let socketUrl: ReturnType<typeof vi.fn<() => Promise<string>>>;
let connection: TerminalConnection;
const latest = () => FakeSocket.made.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  statuses = [];
  frames = [];
  socketUrl = vi.fn(async () => "ws://server/one");
  connection = new TerminalConnection({
    socketUrl,
    size: () => ({ cols: 120, rows: 40 }),
    onFrame: (frame) => frames.push(frame),
    onStatus: (status) => statuses.push(status),
    webSocket: FakeSocket as never,
  });
});
afterEach(() => {
  connection.dispose();
  vi.useRealTimers();
});

async function connect(): Promise<FakeSocket> {
  connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  latest().open();
  latest().receive(snapshot);
  return latest();
}

describe("TerminalConnection", () => {
  it("says hello with its size and is open with the first snapshot", async () => {
    const socket = await connect();
    expect(socket.sent).toEqual([{ type: "hello", version: 1, cols: 120, rows: 40 }]);
    expect(statuses.map(({ kind }) => kind)).toEqual(["connecting", "open"]);
    expect(frames).toMatchObject([{ type: "snapshot", offset: 100 }]);
  });

  it("comes back with a new ticket each time, at growing distances, and begins small again once it was open", async () => {
    let socket = await connect();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      socket.breakWith(1006);
      const status = statuses.at(-1)!;
      expect(status).toMatchObject({ kind: "waiting", reason: "Connection lost" });
      const waitMs = (status as { retryAtMs: number }).retryAtMs - Date.now();
      waits.push(waitMs);
      await vi.advanceTimersByTimeAsync(waitMs);
      socket = latest();
      socket.open();
    }
    expect(socketUrl).toHaveBeenCalledTimes(9);
    expect(waits[0]).toBeLessThan(600);
    expect(waits.at(-1)).toBeGreaterThan(8_000);
    expect(Math.max(...waits)).toBeLessThan(12_000);
    socket.receive(snapshot);
    socket.breakWith(1006);
    expect((statuses.at(-1) as { retryAtMs: number }).retryAtMs - Date.now()).toBeLessThan(600);
  });

  it("gives a reason of its own while terminald is down, and retries at once when asked to", async () => {
    const socket = await connect();
    socket.breakWith(4503);
    expect(statuses.at(-1)).toMatchObject({ kind: "waiting", reason: "The terminal server is restarting" });
    connection.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it.each([
    [4404, "does not exist"],
    [4410, "closed"],
    [4400, "Reload"],
    [4429, "too many windows"],
  ])("ends for good with close code %i", async (code, words) => {
    (await connect()).breakWith(code);
    expect(statuses.at(-1)).toMatchObject({ kind: "closed", reason: expect.stringContaining(words) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("ends when the server refuses a ticket for good, and goes on when it may give one later", async () => {
    socketUrl.mockRejectedValueOnce(
      Object.assign(new Error("The server cannot be reached."), { retryable: true }),
    );
    connection.connect();
    await vi.advanceTimersByTimeAsync(0);
    expect(statuses.at(-1)).toMatchObject({ kind: "waiting" });
    socketUrl.mockRejectedValueOnce(Object.assign(new Error("The attempt has ended."), { retryable: false }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(statuses.at(-1)).toEqual({ kind: "closed", reason: "The attempt has ended." });
  });

  it("notices a line that is silently dead", async () => {
    const socket = await connect();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(socket.sent.at(-1)).toMatchObject({ type: "ping" });
    socket.receive({ type: "pong", id: 0 });
    await vi.advanceTimersByTimeAsync(14_999);
    expect(statuses.at(-1)).toMatchObject({ kind: "open" });
    await vi.advanceTimersByTimeAsync(10_001);
    expect(statuses.at(-1)).toMatchObject({ kind: "waiting" });
  });

  it("acknowledges in steps of 128 KiB, and the rest when it is quiet", async () => {
    const socket = await connect();
    const acks = () => socket.sent.flatMap((frame) => (frame.type === "ack" ? [frame.offset] : []));
    connection.shown(1_000);
    connection.shown(2_000);
    expect(acks()).toEqual([]);
    await vi.advanceTimersByTimeAsync(40);
    expect(acks()).toEqual([2_000]);
    connection.shown(2_000 + 128 * 1024);
    expect(acks()).toEqual([2_000, 2_000 + 128 * 1024]);
  });

  it("cuts a long paste into frames that the server takes", async () => {
    const socket = await connect();
    connection.input(new Uint8Array(100_000));
    expect(socket.sent.flatMap((frame) => (frame.type === "input" ? [frame.bytes.length] : []))).toEqual([
      32_768, 32_768, 32_768, 1_696,
    ]);
  });
});
