import { KeyedRunner } from "@/lib/cluster/client/keyed-runner";
import type { AddonContext } from "../addon";
import type { AgentSession } from "./agent-session";

/**
 * Runs `work` now and whenever one of `sources` says so, one at a time and again after a failure, until the process has
 * ended; what sources say within `gatherMs` of each other is one change. Resolves to AgentSession.ended().
 */
export async function watchLoop(
  session: AgentSession,
  { clock, logger }: AddonContext,
  sources: ((trigger: () => void) => () => void)[],
  work: () => Promise<void>,
  gatherMs = 0,
): Promise<boolean> {
  const { program } = session.hello;
  const runner = new KeyedRunner(
    async () => {
      if (!session.signal.aborted) await work();
    },
    {
      clock,
      onError: (_, failure) => {
        if (!session.signal.aborted)
          logger.warn({ err: failure, program, node: session.node.name }, "agent: trying again");
      },
    },
  );
  const releases = sources.map((source) => source(() => runner.addAfter("all", gatherMs)));
  runner.add("all");
  const isOver = await session.ended();
  for (const release of releases) release();
  await runner.close();
  return isOver;
}
