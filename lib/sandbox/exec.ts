import type { Socket } from "node:net";
import { AppError } from "@/lib/core/app-error";
import { channel, encodeStdin, FrameReader } from "./frames";
import { openInit, type InitFields } from "./init-client";

export interface ExecRequest {
  argv: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** A path inside the node: the command runs in that network namespace. */
  netns?: string;
  stdin?: Buffer;
  timeoutMs?: number;
  /** What is kept of stdout and of stderr each; the rest is read and dropped. */
  outputBytesMax?: number;
}

export interface ExecResult {
  /** 137 when it was killed past its deadline. */
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
  truncated: boolean;
  timedOut: boolean;
  durationMs: number;
}

/** What a command in a node finds in its environment unless it is told otherwise. */
export const nodeEnvironment: Record<string, string> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  SHELL: "/bin/bash",
  LANG: "C.UTF-8",
};

export function execFields(request: {
  argv: string[];
  env?: Record<string, string>;
  cwd?: string;
  netns?: string;
}): InitFields {
  const env = { ...nodeEnvironment, ...request.env };
  return [
    ...request.argv.map((value): [string, string] => ["arg", value]),
    ...Object.entries(env).map(([key, value]): [string, string] => ["env", `${key}=${value}`]),
    ["cwd", request.cwd ?? "/root"],
    ...(request.netns ? ([["netns", request.netns]] as InitFields) : []),
  ];
}

/**
 * Runs a command as root in the node whose PID 1 listens at `control`, to its end or its deadline (then it is killed
 * with its process group). A command that fails is a result; an error means that it could not be run.
 */
export async function execInNode(control: string, request: ExecRequest): Promise<ExecResult> {
  const { timeoutMs = 30_000, outputBytesMax = 1 << 20 } = request;
  const startedMs = performance.now();
  const { socket } = await openInit(control, "exec", [
    ...execFields(request),
    ["tty", false],
    ["stdin", request.stdin !== undefined],
  ]);
  if (request.stdin !== undefined) socket.write(encodeStdin(request.stdin));
  try {
    const output = await readExec(socket, { timeoutMs, outputBytesMax });
    return { ...output, durationMs: performance.now() - startedMs };
  } finally {
    socket.destroy();
  }
}

/** As `execInNode`, for commands of our own that must succeed: throws `internal` with what they wrote. */
export async function mustExecInNode(control: string, request: ExecRequest): Promise<ExecResult> {
  const result = await execInNode(control, request);
  if (result.timedOut)
    throw new AppError("timeout", `${request.argv[0]} in the node took longer than ${request.timeoutMs} ms.`);
  if (result.exitCode !== 0) {
    const output = `${result.stderr}${result.stdout}`.trim().slice(-2000);
    throw new AppError(
      "internal",
      `${request.argv[0]} in the node exited with ${result.exitCode}: ${output}`,
    );
  }
  return result;
}

/** What an `exec` wrote and how it ended. Without `timeoutMs` the other end is trusted with the deadline. */
export function readExec(
  socket: Socket,
  { timeoutMs, outputBytesMax }: { timeoutMs?: number; outputBytesMax: number },
): Promise<Omit<ExecResult, "durationMs">> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader();
    const kept = { [channel.stdout]: [] as Buffer[], [channel.stderr]: [] as Buffer[] };
    const bytes = { [channel.stdout]: 0, [channel.stderr]: 0 };
    const finish = (exitCode: number, timedOut: boolean) => {
      clearTimeout(timer);
      socket.off("close", onClose);
      resolve({
        exitCode,
        stdout: Buffer.concat(kept[channel.stdout]),
        stderr: Buffer.concat(kept[channel.stderr]),
        truncated: Math.max(bytes[channel.stdout], bytes[channel.stderr]) > outputBytesMax,
        timedOut,
      });
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => finish(137, true), timeoutMs);
    const onClose = () => {
      clearTimeout(timer);
      reject(new AppError("unavailable", "The node stopped while a command ran in it."));
    };
    socket.on("close", onClose);
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const { channel: number, payload } of reader.push(chunk)) {
          if (number === channel.stdout || number === channel.stderr) {
            const room = outputBytesMax - bytes[number];
            if (room > 0) kept[number].push(Buffer.from(payload.subarray(0, room)));
            bytes[number] += payload.length;
          } else if (number === channel.exit) {
            const end = JSON.parse(payload.toString("utf8")) as { exitCode: number; timedOut?: boolean };
            finish(end.exitCode, end.timedOut === true);
          }
        }
      } catch (cause) {
        clearTimeout(timer);
        reject(new AppError("internal", "A node's PID 1 sent what is not an exec stream.", { cause }));
      }
    });
    socket.resume();
  });
}
