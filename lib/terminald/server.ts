import { createReadStream } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { clientFrameBytesMax, closeCodes } from "@/lib/contract/terminal-frames";
import { terminaldRpc, type TerminaldRpc } from "@/lib/contract/terminald";
import { createRpcServer, type RpcHandlers } from "@/lib/rpc/server";
import type { SessionManager } from "@/lib/terminal/session-manager";
import { serveConnection } from "./connection";

/** terminald's calls and its WebSockets at `/session/<id>`, on one HTTP server that does not listen yet. */
export function createTerminaldServer(
  manager: SessionManager,
  options: { clock: Clock; logger: Logger },
): Server {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false, // costs more time than a local socket or a LAN saves
    maxPayload: clientFrameBytesMax,
    clientTracking: false,
  });

  const onUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer): boolean => {
    const url = new URL(request.url ?? "", "http://socket");
    const sessionId = /^\/session\/([a-z0-9]{1,40})$/.exec(url.pathname)?.[1];
    if (sessionId === undefined) return false;
    socket.on("error", () => socket.destroy());
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      try {
        serveConnection(webSocket, manager.get(sessionId), {
          readOnly: url.searchParams.get("readonly") === "1",
          clock: options.clock,
        });
      } catch {
        webSocket.close(closeCodes.notFound, "There is no such terminal any more.");
      }
    });
    return true;
  };

  const handlers: RpcHandlers<TerminaldRpc> = {
    health: async () => ({ pid: process.pid, sessions: manager.size }),
    "session.open": (input) => manager.open(input),
    "session.list": async ({ labId }) => ({ sessions: manager.list(labId) }),
    "session.rename": async ({ sessionId, title }) => {
      const session = manager.get(sessionId);
      session.rename(title);
      return session.describe();
    },
    "session.close": async ({ sessionId }) => {
      await manager.close(sessionId);
      return {};
    },
    "lab.cut": async ({ labId }) => {
      manager.cutLab(labId);
      return {};
    },
    "lab.close": async ({ labId }) => {
      await manager.closeLab(labId);
      return {};
    },
    "recording.list": async ({ labId }) => ({ recordings: manager.recordings(labId) }),
    "recording.remove": async ({ labId }) => {
      await manager.removeRecordings(labId);
      return {};
    },
  };

  return createRpcServer(
    terminaldRpc,
    handlers,
    {
      recording: async ({ sessionId }) => {
        const { file, bytes } = await manager.recording(sessionId);
        return {
          reply: { bytes },
          attach: (socket) => {
            if (bytes === 0) return void socket.end();
            const stream = createReadStream(file, { end: bytes - 1 });
            stream.on("error", () => socket.destroy());
            socket.on("close", () => stream.destroy());
            stream.pipe(socket);
          },
        };
      },
    },
    { logger: options.logger, bodyBytesMax: 64 << 10, onUpgrade },
  );
}
