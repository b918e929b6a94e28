import { expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ClusterClient, WatchEvent } from "./client";
import { Informer } from "./informers";
import { refs } from "./refs";
import { expired } from "./status";

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

test("a list that fails when the watch is too old is tried again", async () => {
  const stop = new AbortController();
  const failures = [expired("The version is too old.")];
  let lists = 0;
  const client = {
    list() {
      lists += 1;
      const items = [object(`seen-${lists}`, lists)];
      if (lists === 2) return Promise.reject(new Error("The server is away."));
      return Promise.resolve({ metadata: { resourceVersion: String(lists) }, items });
    },
    // oxlint-disable-next-line require-yield -- the watch never tells anything
    async *watch() {
      const failure = failures.shift();
      if (failure) throw failure;
      await new Promise(() => undefined);
    },
  } as unknown as ClusterClient;
  const informer = new Informer<KubeObject>(client, refs.configMaps, stop.signal);
  await informer.start();
  await informer.until(() => informer.get("shop", "seen-3") !== undefined, { timeoutMs: 60_000 });
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["seen-3"]);
  stop.abort();
});

test("a first list that fails is told to who starts it, and the cache fills all the same", async () => {
  const stop = new AbortController();
  let lists = 0;
  const client = {
    list: () =>
      lists++ === 0
        ? Promise.reject(new Error("The server is away."))
        : Promise.resolve({ metadata: { resourceVersion: "1" }, items: [object("late", 1)] }),
    // oxlint-disable-next-line require-yield -- the watch never tells anything
    async *watch() {
      await new Promise(() => undefined);
    },
  } as unknown as ClusterClient;
  const informer = new Informer<KubeObject>(client, refs.configMaps, stop.signal);
  await expect(informer.start()).rejects.toThrow("The server is away.");
  await informer.until(() => informer.get("shop", "late") !== undefined, { timeoutMs: 60_000 });
  expect(informer.list()).toHaveLength(1);
  stop.abort();
});

test("who waits for what never comes is woken when the caches stop, or when it has to stop itself", async () => {
  const stop = new AbortController();
  const client = {
    list: () => Promise.resolve({ metadata: { resourceVersion: "1" }, items: [] }),
    // oxlint-disable-next-line require-yield -- the watch never tells anything
    async *watch(_resource: unknown, { signal }: { signal: AbortSignal }) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  } as unknown as ClusterClient;
  const informer = new Informer<KubeObject>(client, refs.configMaps, stop.signal);
  await informer.start();
  const own = new AbortController();
  const waits = informer.until(() => false, { timeoutMs: 600_000, signal: own.signal });
  own.abort();
  await waits;
  const others = informer.until(() => false, { timeoutMs: 600_000 });
  stop.abort();
  await others;
});
