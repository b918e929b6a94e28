import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import { readConfig } from "@/lib/config";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { SessionIndex } from "@/lib/terminal/session-index";
import { SessionManager } from "@/lib/terminal/session-manager";
import { labdShells } from "./labd-shells";
import { WorkerScreenHost } from "./screen-worker";
import { createTerminaldServer } from "./server";

/** terminald: keeps terminal sessions. Run as an ordinary user; on SIGTERM it lets go of its shells, which go on. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger("terminald");
  const scope = new Scope();
  mkdirSync(config.dataDir, { recursive: true });
  mkdirSync(config.runDir, { recursive: true });

  const host = scope.use(labdShells(config.sockets.labd), (shells) => shells.dispose());
  const screens = scope.use(new WorkerScreenHost(logger), (worker) => worker.close());
  const index = new SessionIndex(join(config.dataDir, "recordings"));
  const manager = new SessionManager({ host, screens, index, clock: systemClock, logger });
  scope.defer(() => manager.suspend());
  await manager.recover();

  const server = createTerminaldServer(manager, { clock: systemClock, logger });
  await listenOnSocket(server, config.sockets.terminald);
  scope.defer(() => {
    server.close();
    server.closeIdleConnections();
  });
  logger.info({ socket: config.sockets.terminald, sessions: manager.size }, "ready");

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    scope.close().then(
      () => process.exit(0),
      (failure: unknown) => {
        logger.error({ err: failure }, "shutdown failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

main().catch((failure: unknown) => {
  createLogger("terminald").fatal({ err: failure }, "terminald cannot start");
  process.exit(1);
});
