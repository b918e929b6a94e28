import type { Duplex } from "node:stream";
import type { SpdySession, SpdyStream } from "./spdy";

type Dial = (port: number) => Promise<Duplex>;
type Open = (onStream: (stream: SpdyStream) => void) => SpdySession;

/**
 * One forwarded connection is a pair of streams with the same request id: "data" carries the bytes, "error" a sentence
 * when the connection fails (kubelet's portforward).
 */
export function servePortForward(open: Open, dial: Dial): void {
  const pairs = new Map<string, { data?: SpdyStream; error?: SpdyStream }>();
  open((stream) => {
    const { streamtype, port, requestid = port ?? "" } = stream.headers;
    const pair = pairs.get(requestid) ?? {};
    pairs.set(requestid, pair);
    if (streamtype === "error") pair.error = stream;
    else if (streamtype === "data") pair.data = stream;
    if (!pair.data || !pair.error) return;
    pairs.delete(requestid);
    const number = Number(port);
    forward(pair.data, pair.error, number, dial);
  });
}

function forward(data: SpdyStream, error: SpdyStream, port: number, dial: Dial): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) return fail(`"port" header ${port} is not a port`);
  dial(port).then(
    (connection) => {
      connection.on("error", (failure) => fail(`error forwarding port ${port}: ${failure.message}`));
      connection.on("close", () => {
        if (!data.writableEnded) data.end();
        if (!error.writableEnded) error.end();
      });
      data.on("close", () => connection.destroy());
      data.pipe(connection);
      connection.pipe(data);
    },
    (failure: unknown) =>
      fail(`error forwarding port ${port}: ${failure instanceof Error ? failure.message : String(failure)}`),
  );

  function fail(message: string): void {
    if (!error.writableEnded) error.end(message);
    if (!data.writableEnded) data.end();
  }
}
