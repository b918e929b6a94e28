import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { callInit } from "@/lib/sandbox/init-client";

export interface KeptNode {
  sandboxId: string;
  name: string;
  /** PID 1's control socket. */
  control: string;
  /** False from the moment its sandbox is to be removed. */
  wanted(): boolean;
  reboot(): Promise<void>;
}

const pauseMs = 1000;
const pauseMsMax = 60_000;

/**
 * Starts a node again whenever its PID 1 ends (a student's `reboot`, a kill for memory), as a machine comes back; ends
 * when the node is no longer wanted. A node that does not stay up is started ever more rarely.
 */
export async function keepNode(node: KeptNode, clock: Clock, logger: Logger): Promise<void> {
  const { sandboxId, name } = node;
  let delayMs = pauseMs;
  while (node.wanted()) {
    const sinceMs = clock.now();
    await untilItEnds(node, clock);
    if (!node.wanted()) return;
    if (clock.now() - sinceMs > pauseMsMax) delayMs = pauseMs;
    logger.warn({ sandboxId, node: name }, "a node has ended: starting it again");
    await node.reboot().catch((failure: unknown) => {
      if (node.wanted())
        logger.error({ err: failure, sandboxId, node: name }, "a node cannot be started again");
    });
    await clock.sleep(delayMs);
    delayMs = Math.min(delayMs * 2, pauseMsMax);
  }
}

/** A connection that PID 1 holds open tells of its end at once; between two of them a second may pass. */
async function untilItEnds(node: KeptNode, clock: Clock): Promise<void> {
  let revision = 0;
  while (node.wanted()) {
    try {
      const fields: [string, number][] = [
        ["revision", revision],
        ["timeout_ms", 600_000],
      ];
      revision = (await callInit(node.control, "events", fields, 660_000)).number("revision");
    } catch (failure) {
      if (AppError.from(failure).code === "unavailable") return;
    }
    await clock.sleep(pauseMs);
  }
}
