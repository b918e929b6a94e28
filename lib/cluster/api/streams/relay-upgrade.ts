import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";

/**
 * Sends a request that wants to become another protocol on to `backend`, with the headers given, and from then on the
 * bytes of both sides: whatever comes back is the client's, a refusal too.
 */
export function relayUpgrade(
  backend: Duplex,
  path: string,
  headers: OutgoingHttpHeaders,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  const end = () => {
    backend.destroy();
    socket.destroy();
  };
  for (const side of [backend, socket]) side.once("error", end).once("close", end);
  const all = { ...headers, connection: "Upgrade", upgrade: request.headers.upgrade };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${String(one)}\r\n`),
  );
  backend.write(`${request.method ?? "GET"} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  if (head.length > 0) backend.write(head);
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.pipe(backend).pipe(socket);
}
