import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import { dnsName } from "@/lib/mirror/dns-name";
import { readProxyLine } from "./proxy-line";

export interface WebServerOptions {
  /** The host that has an address outside, if one has. */
  hostAt(address: string): Promise<string | undefined>;
  /** Whether there is such a host. */
  has(host: string): Promise<boolean>;
  /** For HTTPS: what a host shows. */
  contextOf?(host: string): SecureContext;
  answer(host: string, request: IncomingMessage, response: ServerResponse): void;
}

const limits = { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 5000 };

/**
 * HTTP, over TLS or not, for all hosts outside: the request says which one it is meant for; one that names none of them (a proxy's own
 * name, an address) is meant for the host whose address was connected to, as is a handshake without a name.
 */
export function webServer({ hostAt, has, contextOf, answer }: WebServerOptions): Server {
  const meant = new WeakMap<object, string>();
  const http = createHttpServer(limits, (request, response) => {
    const named = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    const hostOf = async () => ((await has(named)) ? named : (meant.get(request.socket) ?? named));
    hostOf().then(
      (host) => answer(host, request, response),
      () => response.destroy(),
    );
  });
  const accept = async (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    const address = await readProxyLine(socket);
    const host = address === undefined ? undefined : await hostAt(address);
    if (host === undefined) return void socket.destroy();
    const stream = contextOf ? secured(socket, contextOf, host) : socket;
    meant.set(stream, host);
    http.emit("connection", stream);
  };
  return createServer((socket) => {
    accept(socket).catch(() => socket.destroy());
  });
}

function secured(socket: Socket, contextOf: (host: string) => SecureContext, host: string): TLSSocket {
  const stream = new TLSSocket(socket, {
    isServer: true,
    ALPNProtocols: ["http/1.1"],
    secureContext: contextOf(host),
    SNICallback: (name, done) =>
      dnsName.safeParse(name).success ? done(null, contextOf(name)) : done(new Error("no such host")),
  });
  // A check of the port, or somebody who does not trust the certificate.
  stream.on("error", () => socket.destroy());
  return stream;
}
