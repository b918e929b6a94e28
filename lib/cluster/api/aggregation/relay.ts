import {
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { serviceUnavailable } from "@/lib/cluster/client/status";
import { endpointOf } from "../backends/endpoint";
import type { Backends } from "../backends/backends";
import { OneConnection } from "@/lib/core/http/one-connection";
import { sendText } from "../http/respond";
import { relayUpgrade } from "../streams/relay-upgrade";
import type { UserInfo } from "../types";
import { frontProxyHeaders, type RemoteService } from "./remote-service";

const connectTimeoutMs = 30_000;
const ownHeaders = new Set([
  "authorization",
  "connection",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** Sends a request on to the server of an APIService, with who asks in the front proxy's headers; 503 where it is away. */
export async function relayToRemote(
  backends: Backends,
  remote: RemoteService,
  request: IncomingMessage,
  response: ServerResponse,
  user: UserInfo,
): Promise<void> {
  const unavailable = () => sendText(response, 503, "service unavailable\n");
  if (!remote.isAvailable) return unavailable();
  const endpoint = endpointOf(backends.registry, remote.config);
  const stop = new AbortController();
  response.once("close", () => stop.abort(new Error("the client is gone")));
  const deadline = AbortSignal.any([stop.signal, AbortSignal.timeout(connectTimeoutMs)]);
  let connection;
  try {
    connection = await backends.connect(endpoint, remote.trust, deadline);
  } catch (failure) {
    return sendText(response, 503, `error trying to reach service: ${(failure as Error).message}\n`);
  }
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest(
        {
          method: request.method,
          path: request.url,
          headers: {
            ...relayedHeaders(request, user),
            Host: endpoint.authority,
            Connection: "close",
            ...(request.headers["transfer-encoding"] ? { "Transfer-Encoding": "chunked" } : {}),
          },
          agent: new OneConnection(connection),
          signal: stop.signal,
        },
        resolve,
      );
      outgoing.on("error", reject);
      request.pipe(outgoing);
    });
    const back = Object.entries(answer.headers).filter(([name]) => !ownHeaders.has(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(back) as Record<string, string>);
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  } catch (failure) {
    connection.destroy();
    if (!stop.signal.aborted)
      sendText(response, 503, `error trying to reach service: ${(failure as Error).message}\n`);
  }
}

/** The same for a request that wants to become another protocol. Rejects as long as nothing was sent on. */
export async function relayUpgradeToRemote(
  backends: Backends,
  remote: RemoteService,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  user: UserInfo,
): Promise<void> {
  if (!remote.isAvailable) throw serviceUnavailable("service unavailable");
  const endpoint = endpointOf(backends.registry, remote.config);
  const stop = new AbortController();
  socket.once("close", () => stop.abort(new Error("the client is gone")));
  const deadline = AbortSignal.any([stop.signal, AbortSignal.timeout(connectTimeoutMs)]);
  let connection;
  try {
    connection = await backends.connect(endpoint, remote.trust, deadline);
  } catch (failure) {
    throw serviceUnavailable(`error trying to reach service: ${(failure as Error).message}`);
  }
  const headers = { ...relayedHeaders(request, user), Host: endpoint.authority };
  relayUpgrade(connection, request.url ?? "/", headers, request, socket, head);
}

function relayedHeaders(request: IncomingMessage, user: UserInfo): OutgoingHttpHeaders {
  const own = Object.entries(request.headers).filter(
    ([name]) => !ownHeaders.has(name) && !name.startsWith("impersonate-") && !name.startsWith("x-remote-"),
  );
  return { ...Object.fromEntries(own), ...frontProxyHeaders(user) };
}
