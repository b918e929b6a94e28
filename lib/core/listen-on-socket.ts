import { chmod, rm } from "node:fs/promises";
import type { Server, Socket } from "node:net";

/** Listens on a unix socket with `mode`, taking the place of a socket file that a dead process left. */
export async function listenOnSocket(server: Server, path: string, mode = 0o660): Promise<void> {
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
  await chmod(path, mode);
}

/**
 * Listens on a unix socket that the processes of a lab's nodes connect to, under whatever id they run. Resolves with what
 * ends the server and every connection to it.
 */
export async function listenForNodes(
  server: Server,
  path: string,
  connectionsMax: number,
): Promise<() => Promise<void>> {
  server.maxConnections = connectionsMax;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listenOnSocket(server, path, 0o666);
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}
