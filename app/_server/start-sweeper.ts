import { systemClock } from "@/lib/core/clock";
import { sweepForever } from "@/lib/exam/sweep";
import { deps } from "./deps";

const store = globalThis as { examctlSweeper?: AbortController };

/** Starts the sweeper of this process once; it ends with the process. */
export function startSweeper(): void {
  if (store.examctlSweeper) return;
  const { config, logger } = deps();
  store.examctlSweeper = new AbortController();
  logger.info({ labsRunningMax: config.labsRunningMax }, "sweeper runs");
  void sweepForever(deps(), systemClock, store.examctlSweeper.signal);
}
