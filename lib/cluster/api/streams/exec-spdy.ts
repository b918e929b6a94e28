import type { ExecSession } from "../node-proxy";
import { exited, failed, parseSize, type ExecStreams } from "./exec-socket";
import type { SpdySession, SpdyStream } from "./spdy";

type Open = (onStream: (stream: SpdyStream) => void) => SpdySession;

/** exec and attach over SPDY: one stream each for stdin, stdout, stderr, resize and error. */
export function serveExecSpdy(
  open: Open,
  wanted: ExecStreams,
  tty: boolean,
  start: () => Promise<ExecSession>,
): void {
  const names = ["error", ...(wanted.stdin ? ["stdin"] : []), ...(wanted.stdout ? ["stdout"] : [])];
  if (wanted.stderr) names.push("stderr");
  if (tty) names.push("resize");
  const streams = new Map<string, SpdyStream>();
  const session = open((stream) => {
    streams.set(stream.headers.streamtype ?? "", stream);
    if (names.every((name) => streams.has(name)) && streams.size === names.length) run();
  });

  function run(): void {
    const finish = (status: object) => {
      for (const name of ["stdout", "stderr"]) streams.get(name)?.end();
      streams.get("error")!.end(JSON.stringify(status), () => setImmediate(() => session.transport.end()));
    };
    start().then(
      (command) => {
        session.onClose = () => command.close();
        const stdin = streams.get("stdin");
        stdin?.on("data", (bytes: Buffer) => command.write(bytes));
        stdin?.on("end", () => command.closeStdin());
        streams.get("resize")?.on("data", (bytes: Buffer) => {
          const size = parseSize(bytes);
          if (size) command.resize(size);
        });
        command.onOutput((name, bytes) => {
          const stream = streams.get(name);
          if (!stream || stream.write(bytes)) return;
          command.pause();
          stream.once("drain", () => command.resume());
        });
        command.onExit(({ exitCode, error }) => finish(error ? failed(error) : exited(exitCode)));
      },
      (failure: unknown) => finish(failed(failure instanceof Error ? failure.message : String(failure))),
    );
  }
}
