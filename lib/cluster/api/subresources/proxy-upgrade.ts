import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Api, Target } from "../api";
import { relayUpgrade } from "../streams/relay-upgrade";
import { forwardedHeaders } from "./proxy";
import { proxyBackend } from "./proxy-backend";

/** An upgrade (a WebSocket) through the proxy of a pod or a Service. Rejects as long as nothing was sent on. */
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
  const { url = "" } = request;
  const question = url.indexOf("?");
  const asked = `${rest || "/"}${question < 0 ? "" : url.slice(question)}`;
  relayUpgrade(backend, asked, forwardedHeaders(request, path), request, socket, head);
}
