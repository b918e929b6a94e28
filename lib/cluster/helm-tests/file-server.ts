import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";

export interface LoopbackServer {
  /** "127.0.0.1:PORT" */
  address: string;
  close(): Promise<void>;
}

/** Serves a folder on loopback: a chart repository is no more than that. */
export async function serveFolder(folder: string): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url!, "http://localhost").pathname));
    const file = createReadStream(path);
    file.on("error", () => response.writeHead(404).end());
    file.pipe(response);
  });
  return listen(server);
}

export async function listen(server: ReturnType<typeof createServer>): Promise<LoopbackServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
