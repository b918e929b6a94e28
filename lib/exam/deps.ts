import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { TerminaldRpc } from "@/lib/contract/terminald";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { Db } from "@/lib/db/client";
import type { RpcClient } from "@/lib/rpc/client";

/** What use cases work with. The web process makes one (app/_server/deps.ts), tests make their own. */
export interface ExamDeps {
  db: Db;
  clock: Clock;
  logger: Logger;
  clusterd: Pick<RpcClient<ClusterdRpc>, "call">;
  terminald: Pick<RpcClient<TerminaldRpc>, "call" | "open">;
  /** Labs that run at the same time on this server; who comes later waits in line. */
  labsRunningMax: number;
  /** Labs that are booted before anybody asks for them: of each published version, and in all. */
  pool: { perVersion: number; max: number };
  /** A lab whose student is away for so long is frozen; 0: never. */
  hibernateAfterMs: number;
  /** How long the end states of graded attempts are kept; 0: not at all. */
  keepEndStatesMs: number;
}
