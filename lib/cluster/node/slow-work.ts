import type { NodeContext } from "./node-context";

const slowMs = 60_000;

/** Gives back what `work` gives; the log says if it takes a minute more than `expectedMs`, which nothing on a node should. */
export async function warnIfSlow<T>(
  { clock, logger, node }: Pick<NodeContext, "clock" | "logger" | "node">,
  about: { podUid: string; doing: string },
  work: Promise<T>,
  expectedMs = 0,
): Promise<T> {
  const over = new AbortController();
  clock.sleep(expectedMs + slowMs, over.signal).then(
    () => logger.warn({ ...about, node: node.name }, "a pod waits for this for a minute"),
    () => undefined,
  );
  try {
    return await work;
  } finally {
    over.abort();
  }
}
