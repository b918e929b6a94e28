import { createServer, type Server, type Socket } from "node:net";

const queryBytesMax = 1500;
const clientsMax = 256;
const idleMs = 10_000;

/** DNS over a stream (RFC 1035, 4.2.2): each query and answer behind its length. */
export function dnsServer(answer: (query: Buffer) => Promise<Buffer | undefined>): Server {
  const server = createServer((socket) => serve(socket, answer));
  server.maxConnections = clientsMax;
  return server;
}

function serve(socket: Socket, answer: (query: Buffer) => Promise<Buffer | undefined>): void {
  let pending = Buffer.alloc(0);
  let turn = Promise.resolve();
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0);
      if (length > queryBytesMax) return void socket.destroy();
      if (pending.length < 2 + length) return;
      const query = pending.subarray(2, 2 + length);
      pending = pending.subarray(2 + length);
      turn = turn.then(async () => {
        const reply = await answer(query);
        if (!reply) return void socket.destroy();
        const head = Buffer.alloc(2);
        head.writeUInt16BE(reply.length, 0);
        socket.write(Buffer.concat([head, reply]));
      });
      turn.catch(() => socket.destroy());
    }
  });
}
