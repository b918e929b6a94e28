import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Api, Target } from "../api";
import { forwardedHeaders } from "./proxy";
import { proxyBackend } from "./proxy-backend";

/**
 * An upgrade (a WebSocket) through the proxy of a pod or a Service: the request goes on with what it wants to become, and
 * whatever comes back is the client's, a refusal too. Rejects as long as nothing was sent on.
 */
export async function proxyUpgrade(
  api: Api,
  target: Target,
  { path, rest }: { path: string; rest: string },
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  const stop = new AbortController();
  socket.once("close", () => stop.abort());
  const backend = await proxyBackend(api, target).connect(stop.signal);
  const end = () => {
    backend.destroy();
    socket.destroy();
  };
  for (const side of [backend, socket]) side.once("error", end).once("close", end);
  const { url = "", method = "GET" } = request;
  const question = url.indexOf("?");
  const query = question < 0 ? "" : url.slice(question);
  const headers = {
    ...forwardedHeaders(request, path),
    connection: "Upgrade",
    upgrade: request.headers.upgrade,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${String(one)}\r\n`),
  );
  backend.write(`${method} ${rest || "/"}${query} HTTP/1.1\r\n${lines.join("")}\r\n`);
  if (head.length > 0) backend.write(head);
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.pipe(backend).pipe(socket);
}
