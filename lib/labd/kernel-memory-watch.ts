import { readFile } from "node:fs/promises";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";

export interface MemoryState {
  /** What the kernel keeps for itself and cannot give back: /proc/meminfo's SUnreclaim. */
  kernelBytes: number;
  availableBytes: number;
  totalBytes: number;
}

export interface WatchedHost {
  memory(): Promise<MemoryState>;
  /** Processor time that each lab has used so far. */
  busyMs(): Promise<Map<string, number>>;
  /** Ends the lab's nodes, and with them all that the kernel keeps for these; they start again by themselves. */
  restartNodes(sandboxId: string): Promise<void>;
}

const periodMs = 2000;
const windowMs = 60_000;
const growthBytesMax = 256 * 2 ** 20;
const availableShareMin = 0.1;
const measuredMs = 1000;

/**
 * Some of what root in a network namespace makes (permanent neighbours, entries of a bridge's table) is charged to no
 * control group: who makes it without end takes the host's memory. When that runs short while the kernel's own part grows, the nodes
 * of the lab that is busiest just then start again. Until `signal` aborts.
 */
export async function watchKernelMemory(
  host: WatchedHost,
  clock: Clock,
  logger: Logger,
  signal?: AbortSignal,
): Promise<void> {
  let seen: { atMs: number; kernelBytes: number }[] = [];
  while (!signal?.aborted) {
    await clock.sleep(periodMs, signal).catch(() => undefined);
    const { kernelBytes, availableBytes, totalBytes } = await host.memory();
    seen = [...seen.filter(({ atMs }) => atMs > clock.now() - windowMs), { atMs: clock.now(), kernelBytes }];
    const grownBytes = kernelBytes - Math.min(...seen.map((one) => one.kernelBytes));
    if (availableBytes > availableShareMin * totalBytes || grownBytes < growthBytesMax) continue;
    const before = await host.busyMs();
    await clock.sleep(measuredMs, signal).catch(() => undefined);
    const busy = [...(await host.busyMs())]
      .map(([sandboxId, ms]) => ({ sandboxId, ms: ms - (before.get(sandboxId) ?? ms) }))
      .sort((a, b) => b.ms - a.ms)[0];
    if (!busy) continue;
    logger.error(
      { sandboxId: busy.sandboxId, grownBytes, availableBytes },
      "the host's memory runs short and the kernel's part grows: the busiest lab's nodes start again",
    );
    await host
      .restartNodes(busy.sandboxId)
      .catch((failure: unknown) => logger.error({ err: failure }, "its nodes cannot be ended"));
    seen = [];
  }
}

export async function hostMemory(path = "/proc/meminfo"): Promise<MemoryState> {
  const text = await readFile(path, "utf8");
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  return {
    kernelBytes: bytes("SUnreclaim"),
    availableBytes: bytes("MemAvailable"),
    totalBytes: bytes("MemTotal"),
  };
}
