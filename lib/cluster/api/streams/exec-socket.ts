import type { WebSocket, RawData } from "ws";
import type { ExecSession } from "../node-proxy";
import { AppError } from "@/lib/core/app-error";

/** Channels of v5.channel.k8s.io (and v4, which lacks the last). */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 };
/** Output that the client has not taken yet; above it the command waits. */
const unsentBytesMax = 1 << 20;

export interface ExecStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/** Relays a command's stdio over a WebSocket until the command or the client ends. */
export function relayExec(socket: WebSocket, streams: ExecStreams, start: () => Promise<ExecSession>): void {
  let session: ExecSession | undefined;
  const early: { code: number; payload: Buffer }[] = [];
  let ended = false;

  const handle = (code: number, payload: Buffer) => {
    if (!session) return void early.push({ code, payload });
    if (code === channel.stdin && streams.stdin) session.write(payload);
    else if (code === channel.resize) {
      const size = parseSize(payload);
      if (size) session.resize(size);
    } else if (code === channel.close && payload[0] === channel.stdin) session.closeStdin();
  };
  socket.on("message", (data: RawData) => {
    const bytes = toBuffer(data);
    if (bytes.length > 0) handle(bytes[0]!, bytes.subarray(1));
  });
  socket.on("close", () => {
    ended = true;
    session?.close();
  });
  socket.on("error", () => socket.terminate());

  // An empty message tells the client that the connection stands.
  send(streams.stdout ? channel.stdout : streams.stderr ? channel.stderr : channel.error, Buffer.alloc(0));
  start().then(
    (started) => {
      if (ended) return started.close();
      session = started;
      let paused = false;
      started.onOutput((stream, bytes) => {
        if (stream === "stdout" ? !streams.stdout : !streams.stderr) return;
        send(channel[stream], bytes, () => {
          if (paused && socket.bufferedAmount < unsentBytesMax / 2) {
            paused = false;
            started.resume();
          }
        });
        if (!paused && socket.bufferedAmount > unsentBytesMax) {
          paused = true;
          started.pause();
        }
      });
      started.onExit(({ exitCode, error }) => finish(error ? failed(error) : exited(exitCode)));
      for (const { code, payload } of early.splice(0)) handle(code, payload);
    },
    (failure: unknown) =>
      finish(
        failed(failure instanceof AppError || failure instanceof Error ? failure.message : String(failure)),
      ),
  );

  function send(code: number, payload: Buffer, done?: () => void): void {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.from([code]), payload]), { binary: true }, done);
  }

  function finish(status: object): void {
    if (ended) return;
    ended = true;
    send(channel.error, Buffer.from(JSON.stringify(status)));
    socket.close(1000);
  }
}

export function exited(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

export function failed(message: string): object {
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

export function parseSize(payload: Buffer): { cols: number; rows: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(payload.toString("utf8")) as { Width?: number; Height?: number };
    const ok = (value: unknown): value is number =>
      Number.isInteger(value) && (value as number) > 0 && (value as number) <= 5000;
    return ok(Width) && ok(Height) ? { cols: Width, rows: Height } : undefined;
  } catch {
    return undefined;
  }
}

const toBuffer = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
