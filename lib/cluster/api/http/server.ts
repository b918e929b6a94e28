import { chmod, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { DEFAULT_CIPHERS, type TLSSocket } from "node:tls";
import { ApiStatusError } from "@/lib/cluster/client/status";
import type { Api } from "../api";
import type { ApiListener, ApiServer, KeyPair } from "../types";
import { createHandler } from "./handler";
import { createUpgradeHandler } from "./upgrade";

/** Nobody may hold a connection by sending slowly. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 60_000;

/**
 * Above any single answer of ordinary size: while more than this is unsent, Node 20 pauses its HTTP parser, and a TLS
 * connection that goes on delivering the next request is then reset (HPE_PAUSED).
 */
const socketBufferBytes = 4 << 20;

/** AES-128 first, as Go's servers answer on machines with AES instructions; it takes half the time of AES-256. */
const ciphers = [...new Set(["TLS_AES_128_GCM_SHA256", ...DEFAULT_CIPHERS.split(":")])].join(":");

/** The API over HTTPS/1.1. Client certificates of the cluster's CA are asked for and not required. */
export function createApiServer(api: Api): ApiServer & { close(): Promise<void> } {
  const listeners = new Set<ApiListener>();
  const handler = createHandler(api);
  const upgrade = createUpgradeHandler(api);

  return {
    async listen(target: string | { host: string; port: number }, serving: KeyPair): Promise<ApiListener> {
      const server = createServer(
        {
          cert: serving.certificatePem,
          key: serving.privateKeyPem,
          ca: api.ca.certificatePem,
          requestCert: true,
          rejectUnauthorized: false,
          minVersion: "TLSv1.2",
          ciphers,
          ALPNProtocols: ["http/1.1"],
          keepAliveTimeout: 90_000,
          headersTimeout: headersTimeoutMs,
          requestTimeout: requestTimeoutMs,
          handshakeTimeout: headersTimeoutMs,
          maxHeaderSize: 64 << 10,
        },
        (request, response) => void handler(request, response),
      );
      server.maxConnections = api.limits.connectionsMax;
      server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
        upgrade(request, socket, head).catch((failure: unknown) => {
          refuseUpgrade(socket, ApiStatusError.from(failure));
        });
      });
      // Those that have not shaken hands yet are no connections of the HTTP server's, but it waits for them when it closes.
      const sockets = new Set<Socket>();
      server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      });
      server.on("tlsClientError", () => undefined); // scanners and port checks: their connection is closed, no more
      server.on("secureConnection", (socket) => {
        socket.setNoDelay(true);
        widen(socket);
      });
      await listening(server, target);
      const listener: ApiListener = {
        url:
          typeof target === "string"
            ? `https+unix://${target}`
            : `https://${target.host}:${(server.address() as AddressInfo).port}`,
        serveWith: ({ certificatePem, privateKeyPem }, clientCaPem) =>
          server.setSecureContext({
            cert: certificatePem,
            key: privateKeyPem,
            ca: clientCaPem,
            minVersion: "TLSv1.2",
            ciphers,
          }),
        close: async () => {
          listeners.delete(listener);
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          for (const socket of sockets) socket.destroy();
          await closed;
        },
      };
      listeners.add(listener);
      return listener;
    },

    async close() {
      await Promise.all([...listeners].map((listener) => listener.close()));
    },
  };
}

/** TLS servers do not pass `highWaterMark` on to their sockets: the stream's state is the only place to set it. */
function widen(socket: TLSSocket): void {
  const { _writableState: state } = socket as unknown as { _writableState: { highWaterMark: number } };
  state.highWaterMark = socketBufferBytes;
}

async function listening(server: Server, target: string | { host: string; port: number }): Promise<void> {
  if (typeof target === "string") await rm(target, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const done = () => {
      server.off("error", reject);
      resolve();
    };
    if (typeof target === "string") server.listen(target, done);
    else server.listen(target.port, target.host, done);
  });
  if (typeof target === "string") await chmod(target, 0o666);
}

function refuseUpgrade(socket: Socket, error: ApiStatusError): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(error.status);
  socket.end(
    `HTTP/1.1 ${error.code} Error\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
