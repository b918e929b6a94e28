import "server-only";
import { readConfig, type Config } from "@/lib/config";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { terminaldRpc } from "@/lib/contract/terminald";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { createDb } from "@/lib/db/client";
import type { ExamDeps } from "@/lib/exam/deps";
import { createRpcClient } from "@/lib/rpc/client";

export interface WebDeps extends ExamDeps {
  config: Config;
  authSecret: string;
}

const store = globalThis as { examctlWebDeps?: WebDeps };

/** The one set of connections of this process: pages, routes and the sweeper are bundled apart but share it. */
export function deps(): WebDeps {
  return (store.examctlWebDeps ??= createDeps());
}

function createDeps(): WebDeps {
  const config = readConfig();
  if (!config.databaseUrl)
    throw new AppError("invalid", "DATABASE_URL is not set: start the web process with `examctl up`.");
  if (!config.authSecret)
    throw new AppError("invalid", "NEXTAUTH_SECRET is not set: start the web process with `examctl up`.");
  return {
    config,
    authSecret: config.authSecret,
    db: createDb(config.databaseUrl),
    clock: systemClock,
    logger: createLogger("web"),
    clusterd: createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd"),
    terminald: createRpcClient(terminaldRpc, config.sockets.terminald, "terminald"),
    labsRunningMax: config.labsRunningMax,
    pool: config.pool,
    hibernateAfterMs: config.hibernateAfterMs,
    keepEndStatesMs: config.keepEndStatesMs,
  };
}
