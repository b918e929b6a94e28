import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { remoteAddressHeader } from "@/lib/auth/options";
import type { Logger } from "@/lib/core/logger";
import { previewPath, type PreviewGateway } from "./preview/preview-gateway";
import { terminalPath, type TerminalGateway } from "./terminal-gateway";

export interface WebServerOptions {
  /** Next's handler of pages and routes. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  terminals: TerminalGateway;
  /** Ports of labs; without it nothing answers under their addresses. */
  previews?: PreviewGateway;
  logger: Logger;
  /** The process is going away: health checks say so. */
  stopping(): boolean;
}

/** The HTTP server in front of Next: terminals' WebSockets, ports of labs, limits on slow clients, the client's true address. */
export function createWebServer({ handle, terminals, previews, logger, stopping }: WebServerOptions): Server {
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 65_000 },
    (request, response) => {
      // Only this process states it; what a client sends under the name is dropped.
      request.headers[remoteAddressHeader] = request.socket.remoteAddress ?? "";
      if (stopping()) {
        response.setHeader("connection", "close");
        if (request.url?.split("?")[0] === "/healthz") {
          const body = '{"service":"examctl","status":"stopping"}';
          response.writeHead(503, { "content-type": "application/json" }).end(body);
          return;
        }
      }
      if (previews && request.url?.startsWith(previewPath)) return void previews.handle(request, response);
      handle(request, response).catch((failure: unknown) => {
        logger.error({ err: failure, path: request.url?.split("?")[0] }, "request failed");
        if (response.headersSent) response.destroy();
        else
          response
            .writeHead(500, { "content-type": "text/plain" })
            .end("Something went wrong inside examctl.");
      });
    },
  );
  server.maxHeadersCount = 100;
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!stopping() && request.url?.split("?")[0] === terminalPath)
      return void terminals.upgrade(request, socket, head);
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  server.on("clientError", (_failure, socket: Socket) => {
    if (socket.writable && socket.bytesWritten === 0)
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.destroy();
  });
  return server;
}
