import type { Server } from "node:net";
import { listenOnSocket } from "@/lib/rpc/server";

/** Listens on a unix socket that a lab's relays connect to, under whatever id they run. Resolves with what ends the server. */
export async function listenForNodes(
  server: Server & { closeAllConnections?(): void },
  path: string,
  connectionsMax: number,
): Promise<() => Promise<void>> {
  server.maxConnections = connectionsMax;
  await listenOnSocket(server, path, 0o666);
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections?.();
    await closed;
  };
}
