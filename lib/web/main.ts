import { createServer } from "node:http";
import next from "next";
import { readConfig } from "@/lib/config";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { terminaldRpc } from "@/lib/contract/terminald";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { projectRoot } from "@/lib/core/paths";
import { Scope } from "@/lib/core/scope";
import { createDb } from "@/lib/db/client";
import type { ExamDeps } from "@/lib/exam/deps";
import { createRpcClient } from "@/lib/rpc/client";
import { userOfCookies } from "@/lib/auth/session-cookie";
import { TicketGate } from "@/lib/auth/tickets";
import { authorisePreview } from "./preview/preview-permission";
import { PreviewGateway } from "./preview/preview-gateway";
import { TerminalGateway } from "./terminal-gateway";
import { recheckTicket } from "./terminal-permission";
import { createWebServer } from "./web-server";

const databaseConnectionsMax = 3;
/** Requests that are under way get this long at a shutdown. */
const drainMs = 5_000;

/** web: pages and routes by Next, terminals' WebSockets by hand, since a route handler cannot upgrade. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger("web");
  const { databaseUrl, authSecret } = config;
  if (!databaseUrl || !authSecret)
    throw new AppError("invalid", "DATABASE_URL and NEXTAUTH_SECRET must be set: start with `examctl up`.");
  const scope = new Scope();
  const clusterd = scope.use(createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd"), (c) =>
    c.close(),
  );
  const deps: ExamDeps = {
    db: scope.use(createDb(databaseUrl, databaseConnectionsMax), (db) => db.$disconnect()),
    clock: systemClock,
    logger,
    clusterd,
    terminald: scope.use(createRpcClient(terminaldRpc, config.sockets.terminald, "terminald"), (c) =>
      c.close(),
    ),
    labsRunningMax: config.labsRunningMax,
    pool: config.pool,
    hibernateAfterMs: config.hibernateAfterMs,
    keepEndStatesMs: config.keepEndStatesMs,
  };

  // Next listens for upgrades on the server it is given, or on ours: this one never listens, so ours stay ours.
  const httpServer = createServer();
  const app = next({ dev: false, dir: projectRoot, hostname: config.host, port: config.port, httpServer });
  await app.prepare();
  const handle = app.getRequestHandler();
  scope.defer(() => app.close());

  const terminals = new TerminalGateway({
    gate: new TicketGate(authSecret, systemClock),
    clock: systemClock,
    logger,
    terminaldSocket: config.sockets.terminald,
    publicUrl: config.publicUrl,
    recheck: (claims) => recheckTicket(deps, claims),
  });
  const previews = new PreviewGateway({
    secret: authSecret,
    clock: systemClock,
    logger,
    publicUrl: config.publicUrl,
    userOf: ({ headers }) =>
      userOfCookies(headers.cookie, { secret: authSecret, publicUrl: config.publicUrl }),
    authorise: (claims, changes) => authorisePreview(deps, claims, changes),
    dial: async (labId, node, port, timeoutMs) => {
      const { reply, socket } = await clusterd.open("lab.dial", { labId, node, port, timeoutMs });
      return { ...reply, socket };
    },
  });
  const watching = scope.use(new AbortController(), (controller) => controller.abort());
  void terminals.watch(watching.signal);

  let stopping = false;
  const server = createWebServer({ handle, terminals, previews, logger, stopping: () => stopping });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  logger.info({ host: config.host, port: config.port, url: config.publicUrl }, "ready");

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    terminals.closeAll();
    await Promise.race([closed, systemClock.sleep(drainMs)]);
    server.closeAllConnections();
    await scope.close();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      stop().then(
        () => process.exit(0),
        (failure: unknown) => {
          logger.error({ err: failure }, "shutdown failed");
          process.exit(1);
        },
      );
    });
}

main().catch((failure: unknown) => {
  createLogger("web").fatal({ err: failure }, "web cannot start");
  process.exit(1);
});
