import { connect, type Socket } from "node:net";
import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import { closeCodes } from "@/lib/contract/terminal-frames";

const refusals = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });

/**
 * Hands a WebSocket upgrade on to terminald's unix socket and passes bytes both ways, unread, until either side ends.
 * When terminald cannot be reached the browser's socket is opened and closed with `terminalDown`, which a page can
 * tell from a broken line. `ended` is called once.
 */
export function forwardTerminal(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  target: { socketPath: string; sessionId: string; readOnly: boolean },
  ended: () => void,
): void {
  const upstream = connect(target.socketPath);
  let connected = false;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => {
    upstream.destroy();
    ended();
  });

  upstream.once("connect", () => {
    connected = true;
    upstream.write(
      [
        `GET /session/${encodeURIComponent(target.sessionId)}${target.readOnly ? "?readonly=1" : ""} HTTP/1.1`,
        "Host: terminald",
        "Connection: Upgrade",
        "Upgrade: websocket",
        `Sec-WebSocket-Version: ${headerOf(request, "sec-websocket-version")}`,
        `Sec-WebSocket-Key: ${headerOf(request, "sec-websocket-key")}`,
        "\r\n",
      ].join("\r\n"),
    );
    if (head.length > 0) upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  upstream.on("error", () => {
    if (connected) return void socket.destroy();
    refusals.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => webSocket.terminate());
      webSocket.close(closeCodes.terminalDown, "The terminal server is not there at the moment.");
    });
  });
  upstream.once("close", () => {
    if (connected) socket.destroySoon();
  });
}

/** A header without anything that could end a line of the request that we write. */
function headerOf(request: IncomingMessage, name: string): string {
  return String(request.headers[name] ?? "").replace(/[^\x20-\x7e]/g, "");
}
