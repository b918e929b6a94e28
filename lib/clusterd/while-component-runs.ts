import type { Logger } from "@/lib/core/logger";
import type { Informers } from "@/lib/cluster/client/informers";
import type { Running } from "@/lib/cluster/controllers/controller";

/**
 * Runs a component's work while its static pod runs on the control plane: a scheduler whose manifest is gone, or whose
 * flags are wrong, schedules nothing. In a cluster that is being made it works before its pod is seen.
 */
export function whileComponentRuns(
  { informers, logger }: { informers: Informers; logger: Logger },
  podName: string,
  run: () => Running,
): Running {
  let running: Running | undefined;
  let isWanted = informers.nodes.list().length === 0;
  let hasRun = !isWanted;
  let isStopped = false;
  let turn: Promise<void> = Promise.resolve();

  const settle = () => {
    turn = turn
      .then(async () => {
        const isDue = isWanted && !isStopped;
        if (isDue && !running) running = run();
        if (!isDue && running) {
          const ending = running;
          running = undefined;
          await ending.stop();
        }
      })
      .catch((failure: unknown) => {
        logger.error({ err: failure, podName }, "a component could not be started or stopped");
      });
  };
  const look = () => {
    const pod = informers.pods.get("kube-system", podName);
    const isUp = pod?.status?.containerStatuses?.[0]?.state?.running !== undefined;
    hasRun ||= isUp;
    if (!hasRun || isUp === isWanted) return;
    isWanted = isUp;
    settle();
  };
  const release = informers.pods.onChange((now, old) => {
    if ((now ?? old)?.metadata.name === podName) look();
  });
  look();
  settle();
  return {
    async stop() {
      isStopped = true;
      release();
      settle();
      await turn;
    },
  };
}
