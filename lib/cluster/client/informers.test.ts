import { expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ClusterClient, WatchEvent } from "./client";
import { Informer } from "./informers";
import { refs } from "./refs";

const object = (name: string, resourceVersion: number): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", resourceVersion: String(resourceVersion) },
});

test("what was written is reached when the cache has seen it, though it is gone by then", async () => {
  const stop = new AbortController();
  let send: (event: WatchEvent<KubeObject>) => void = () => undefined;
  async function* events() {
    for (;;)
      yield await new Promise<WatchEvent<KubeObject>>((resolve) => {
        send = resolve;
      });
  }
  const client = {
    list: () => Promise.resolve({ metadata: { resourceVersion: "5" }, items: [] }),
    watch: events,
  } as unknown as ClusterClient;
  const informer = new Informer<KubeObject>(client, refs.configMaps, stop.signal);
  await informer.start();
  await informer.reached(object("old", 4));
  let isReached = false;
  const reached = informer.reached(object("short-lived", 7)).then(() => (isReached = true));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  send({ type: "ADDED", object: object("other", 6) });
  await turn();
  expect(isReached).toBe(false);
  send({ type: "DELETED", object: object("short-lived", 8) });
  await reached;
  expect(informer.get("shop", "short-lived")).toBeUndefined();
  stop.abort();
});
