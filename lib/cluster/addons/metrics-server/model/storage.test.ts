import { expect, test } from "vitest";
import { parseMetrics } from "./parse-metrics";
import { Storage } from "./storage";

const scrape = (atMs: number, node: number, web: number, more = "") =>
  parseMetrics(`# HELP node_cpu_usage_seconds_total [STABLE] x
node_cpu_usage_seconds_total ${node} ${atMs}
node_memory_working_set_bytes 1.5e+06 ${atMs}
container_cpu_usage_seconds_total{container="web",namespace="default",pod="a"} ${web} ${atMs}
container_memory_working_set_bytes{container="web",namespace="default",pod="a"} 2048 ${atMs}
container_start_time_seconds{container="web",namespace="default",pod="a"} 0.5
${more}`)!;

test("what was used between two scrapes, of a node and a container", () => {
  const storage = new Storage();
  storage.store(new Map([["one", scrape(10_000, 5, 1)]]));
  expect(storage.isReady).toBe(false);
  storage.store(new Map([["one", scrape(20_000, 7, 1.25)]]));
  expect(storage.isReady).toBe(true);
  expect(storage.node("one")).toEqual({
    cpuNanocores: 200_000_000,
    memoryBytes: 1_500_000,
    atMs: 20_000,
    windowMs: 10_000,
  });
  expect(storage.pod("default", "a")?.get("web")).toMatchObject({
    cpuNanocores: 25_000_000,
    memoryBytes: 2048,
  });
  expect(storage.pod("default", "b")).toBeUndefined();
});

test("a container that began in between has used nothing before; one that counts anew is not told of", () => {
  const storage = new Storage();
  const begun = (cpu: number, atMs: number) =>
    `container_cpu_usage_seconds_total{container="x",namespace="default",pod="new"} ${cpu} ${atMs}
container_memory_working_set_bytes{container="x",namespace="default",pod="new"} 1 ${atMs}
container_start_time_seconds{container="x",namespace="default",pod="new"} 15\n`;
  storage.store(new Map([["one", scrape(10_000, 5, 1)]]));
  storage.store(new Map([["one", scrape(20_000, 7, 0.5, begun(1, 20_000))]]));
  expect(storage.pod("default", "new")?.get("x")).toMatchObject({
    cpuNanocores: 200_000_000,
    windowMs: 5000,
  });
  expect(storage.pod("default", "a")).toBeUndefined();
});
