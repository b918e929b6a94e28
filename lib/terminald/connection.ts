import type { WebSocket } from "ws";
import type { Clock } from "@/lib/core/clock";
import {
  closeCodes,
  decodeClientFrame,
  encodeServerFrame,
  framesVersion,
} from "@/lib/contract/terminal-frames";
import type { ClientHandle, TerminalSession } from "@/lib/terminal/session";

const helloTimeoutMs = 10_000;
const pingEveryMs = 20_000;
/** A client that acknowledges but does not read its socket is cut off here. */
const bufferedBytesMax = 32 << 20;
/** Frames a second from one client, over ten seconds: typing, mouse reports and acknowledgements stay far below. */
const framesPerTenSecondsMax = 20_000;

/** Speaks the frame protocol with one browser until either side goes. */
export function serveConnection(
  socket: WebSocket,
  session: TerminalSession,
  options: { readOnly: boolean; clock: Clock },
): void {
  const ended = new AbortController();
  let handle: ClientHandle | undefined;
  let alive = true;
  let frames = 0;

  const close = (code: number, reason: string) => socket.close(code, reason);
  const send = (frame: Uint8Array) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > bufferedBytesMax) return socket.terminate();
    socket.send(frame, { binary: true });
  };

  socket.on("message", (data: Buffer, isBinary: boolean) => {
    const frame = isBinary ? decodeClientFrame(data) : undefined;
    if (!frame || ++frames > framesPerTenSecondsMax)
      return close(closeCodes.protocol, "That is not a terminal frame.");
    if (frame.type === "ping") return send(encodeServerFrame({ type: "pong", id: frame.id }));
    if (frame.type === "hello") {
      if (handle || frame.version !== framesVersion)
        return close(
          closeCodes.protocol,
          "Reload the page: it speaks another version of the terminal protocol.",
        );
      handle = session.attach({ readOnly: options.readOnly, send, close }, frame.cols, frame.rows);
      if (!handle) close(closeCodes.tooManyClients, "This terminal is open in too many windows.");
      return;
    }
    if (!handle) return close(closeCodes.protocol, "The first frame must be hello.");
    if (frame.type === "input") handle.input(frame.bytes);
    else if (frame.type === "ack") handle.ack(frame.offset);
    else handle.resize(frame.cols, frame.rows);
  });
  socket.on("pong", () => {
    alive = true;
  });
  socket.on("error", () => socket.terminate());
  socket.once("close", () => {
    ended.abort();
    handle?.detach();
  });

  void every(options.clock, pingEveryMs, ended.signal, () => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  });
  void every(options.clock, 10_000, ended.signal, () => {
    frames = 0;
  });
  options.clock.sleep(helloTimeoutMs, ended.signal).then(
    () => {
      if (!handle) close(closeCodes.helloTimeout, "No hello came.");
    },
    () => undefined,
  );
}

async function every(clock: Clock, ms: number, signal: AbortSignal, work: () => void): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(ms, signal);
      work();
    }
  } catch {
    // aborted: the connection has ended
  }
}
