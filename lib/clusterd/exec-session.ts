import type { Socket } from "node:net";
import type { ExecSession } from "@/lib/cluster/api/node-proxy";

const channels = { stdin: 0, stdout: 1, stderr: 2, exit: 3, resize: 4, close: 255 };
const headerBytes = 5;
/** A frame larger than this is not of our making. */
const frameBytesMax = 16 << 20;

/** A command at the other end of labd's `exec` stream (frames: channel, u32 length, payload). */
export function execSession(socket: Socket, signal: AbortSignal): ExecSession {
  let onOutput: (stream: "stdout" | "stderr", bytes: Buffer) => void = () => undefined;
  let onExit: (exit: { exitCode: number; error?: string }) => void = () => undefined;
  let hasEnded = false;
  let pending: Buffer = Buffer.alloc(0);
  const end = (exit: { exitCode: number; error?: string }) => {
    if (hasEnded) return;
    hasEnded = true;
    signal.removeEventListener("abort", abort);
    onExit(exit);
    socket.destroy();
  };
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });

  socket.on("data", (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= headerBytes) {
      const length = pending.readUInt32BE(1);
      if (length > frameBytesMax) return end({ exitCode: 1, error: "the node sent a malformed stream" });
      if (pending.length < headerBytes + length) return;
      const channel = pending[0]!;
      const payload = pending.subarray(headerBytes, headerBytes + length);
      pending = pending.subarray(headerBytes + length);
      if (channel === channels.stdout || channel === channels.stderr)
        onOutput(channel === channels.stdout ? "stdout" : "stderr", payload);
      else if (channel === channels.exit) return end(exitOf(payload));
    }
  });
  socket.on("error", () => undefined); // "close" follows and tells
  socket.on("close", () => end({ exitCode: 137, error: "the connection to the container was lost" }));
  // Whoever opened it sets the handlers before it yields.
  queueMicrotask(() => socket.resume());

  const send = (channel: number, payload: Buffer) => {
    if (hasEnded || socket.destroyed) return;
    const header = Buffer.alloc(headerBytes);
    header[0] = channel;
    header.writeUInt32BE(payload.length, 1);
    socket.write(Buffer.concat([header, payload]));
  };
  return {
    write: (bytes) => send(channels.stdin, bytes),
    closeStdin: () => send(channels.close, Buffer.from([channels.stdin])),
    resize: (size) => send(channels.resize, Buffer.from(JSON.stringify(size))),
    close: () => socket.destroySoon(),
    onOutput: (handler) => (onOutput = handler),
    onExit: (handler) => (onExit = handler),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

function exitOf(payload: Buffer): { exitCode: number; error?: string } {
  try {
    const { exitCode } = JSON.parse(payload.toString("utf8")) as { exitCode?: unknown };
    return { exitCode: typeof exitCode === "number" ? exitCode : 1 };
  } catch {
    return { exitCode: 1, error: "the node sent no exit code" };
  }
}
