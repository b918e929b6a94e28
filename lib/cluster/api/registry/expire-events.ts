import type { Api } from "../api";

const eventLifeMs = 60 * 60_000;
const everyMs = 5 * 60_000;

/** Events live for an hour (--event-ttl). Returns the release. */
export function expireEvents({ registry, logger }: Api): () => void {
  const stop = new AbortController();
  const run = async () => {
    for (;;) {
      await registry.clock.sleep(everyMs, stop.signal);
      const collection = registry.store.collection("core/events");
      const oldest = registry.clock.now() - eventLifeMs;
      for (const entry of [...collection.list()]) {
        const { lastTimestamp, eventTime } = entry.object as { lastTimestamp?: string; eventTime?: string };
        const seen = Date.parse(lastTimestamp ?? eventTime ?? entry.object.metadata.creationTimestamp!);
        if (seen < oldest) registry.store.remove(collection, entry);
      }
    }
  };
  run().catch((failure: unknown) => {
    if (!stop.signal.aborted) logger.error({ err: failure }, "events could not be expired");
  });
  return () => stop.abort(new Error("The cluster is closed."));
}
