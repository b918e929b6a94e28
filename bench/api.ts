import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import { issueTestCertificate } from "@/lib/cluster/api/testing-pki";
import { startTestCluster, testFacts, type TestCluster } from "@/lib/cluster/api/testing";
import type { KeyPair } from "@/lib/cluster/api/types";
import type { KubeObject, ObjectMeta } from "@/lib/cluster/resources/kind";
import { startStandalone } from "@/lib/cluster/standalone/start-standalone";
import { Scope } from "@/lib/core/scope";
import { startClient, type Request } from "./api/client-process";
import { clusterUp } from "./api/cluster-up";
import { summarize, type Bench, type BenchResult } from "./report";

const pods = "/api/v1/namespaces/default/pods";
const pod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "bench" } },
  spec: { containers: [{ name: "web", image: "nginx:1.27", ports: [{ containerPort: 80 }] }] },
});

/**
 * The API server over TLS as kubectl uses it, journal on disk, the client in a process of its own: the times are those of the
 * client, from a request to the last byte of its answer. The server has served as many requests of each kind before: a process
 * serves many clusters, and only its first has code that is not compiled yet. Then what control planes cost that do nothing.
 */
const run: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const folder = scope.use(await mkdtemp(join(tmpdir(), "examctl-bench-")), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const t = scope.use(await startTestCluster({ journalPath: join(folder, "journal") }), (one) =>
      one.close(),
    );
    const certificate = await adminCertificate(t);
    const client = scope.use(
      startClient({
        url: t.url,
        ca: t.ca.certificatePem,
        cert: certificate.certificatePem,
        key: certificate.privateKeyPem,
      }),
      (one) => one.close(),
    );
    const count = quick ? 50 : 500;
    const results: BenchResult[] = [];
    const stored = async () => {
      const { items } = JSON.parse((await t.request("GET", pods, {})).body) as { items: KubeObject[] };
      return new Map(items.map((one) => [one.metadata.name, one]));
    };
    log("warming up ...");
    const warmUp = (request: (name: string) => Request) =>
      client.run(Array.from({ length: count }, (_, at) => request(`w${at}`)));
    await warmUp(create);
    await warmUp(get);
    const warm = await stored();
    await warmUp((name) => update(warm.get(name)!, "1"));
    await warmUp((name) => patch(name, "2"));
    await warmUp(remove);
    const measure = async (
      metric: string,
      n: number,
      request: (at: number) => Request,
      goal = "p99 < 5 ms",
    ) => {
      log(`${metric} ...`);
      const requests = Array.from({ length: n }, (_, at) => request(at));
      const before = process.cpuUsage();
      const { samplesMs, cpuMs } = await client.run(requests);
      // A busy machine makes the times longer, not the work.
      const { user, system } = process.cpuUsage(before);
      const each = (ms: number) => `${(ms / n).toPrecision(2)} ms of CPU each`;
      const note = `${each((user + system) / 1000)} in the server, ${each(cpuMs)} in the client; goal: ${goal}`;
      results.push(summarize(metric, "ms", samplesMs, { note }));
    };
    await measure("create", count, (at) => create(`p${at}`));
    await measure("get", count, (at) => get(`p${at}`));
    const list = await stored();
    await measure("update", count, (at) => update(list.get(`p${at}`)!, "1"));
    await measure("patch", count, (at) => patch(`p${at}`, "2"));
    const listGoal = "p50 < 15 ms";
    await measure(`list ${count}`, 60, () => read(pods), listGoal);
    const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    await measure(`list ${count} as table`, 60, () => read(`${pods}?limit=500`, table), listGoal);
    const watchers = quick ? 10 : 100;
    log(`watch fan-out to ${watchers} ...`);
    results.push(await fanOut(t, `watch fan-out to ${watchers} in process`, watchInProcess, watchers));
    results.push(await fanOut(t, `watch fan-out to ${watchers} over TLS`, watchOverTls, watchers));
    await measure("delete", count, (at) => remove(`p${at}`));
    const ca = { certificatePem: "", privateKeyPem: "" };
    const controlPlanes: Idle = {
      what: "API server alone",
      count: quick ? 5 : 100,
      start: (at) => createCluster({ journalPath: join(folder, `idle-${at}`), facts: testFacts, ca }),
    };
    const whole: Idle = {
      what: "whole control plane with two nodes",
      count: quick ? 3 : 100,
      start: (at) =>
        startStandalone({
          nodes: 2,
          listen: { host: "127.0.0.1", port: 0 },
          journalPath: join(folder, `whole-${at}`),
        }),
    };
    for (const one of [controlPlanes, whole]) results.push(...(await idle(one, log)));
    results.push(...(await clusterUp(folder, quick ? 2 : 10, log)));
    return results;
  } finally {
    await scope.close();
  }
};
export default run;

const read = (path: string, accept = "application/json"): Request => ({
  method: "GET",
  path,
  headers: { accept },
  expected: 200,
});

function write(
  method: string,
  path: string,
  expected: number,
  body: object,
  type = "application/json",
): Request {
  return { method, path, headers: { "content-type": type }, body: JSON.stringify(body), expected };
}

const create = (name: string) => write("POST", pods, 201, pod(name));
const get = (name: string) => read(`${pods}/${name}`);
const update = ({ metadata, ...rest }: KubeObject, round: string) =>
  write("PUT", `${pods}/${metadata.name}`, 200, { ...rest, metadata: { ...metadata, labels: { round } } });
const patch = (name: string, round: string) =>
  write(
    "PATCH",
    `${pods}/${name}`,
    200,
    { metadata: { labels: { round } } },
    "application/strategic-merge-patch+json",
  );
const remove = (name: string): Request => ({ method: "DELETE", path: `${pods}/${name}`, expected: 200 });

const configMaps = { group: "", version: "v1", plural: "configmaps" };

/** Starts a watch of the default namespace's ConfigMaps; `onEvent` is called for each change. Resolves when it runs. */
type StartWatch = (t: TestCluster, onEvent: () => void, signal: AbortSignal) => Promise<void>;

const watchInProcess: StartWatch = async (t, onEvent, signal) => {
  const { metadata } = await t.admin.list(configMaps, { namespace: "default" });
  const { resourceVersion } = metadata;
  const options = { namespace: "default", resourceVersion, signal };
  void (async () => {
    for await (const event of t.admin.watch(configMaps, options)) if (event.type !== "BOOKMARK") onEvent();
  })();
};

/** As an informer of another process: a connection of its own each. */
const watchOverTls: StartWatch = async (t, onEvent, signal) => {
  const { metadata } = await t.admin.list(configMaps, { namespace: "default" });
  const path = `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${metadata.resourceVersion}`;
  const client = await adminCertificate(t);
  await new Promise<void>((resolve, reject) => {
    const options = {
      ca: t.ca.certificatePem,
      cert: client.certificatePem,
      key: client.privateKeyPem,
      agent: false,
      signal,
    };
    const watch = request(t.url + path, options as RequestOptions, (response) => {
      response.on("data", (chunk: Buffer) => {
        for (const byte of chunk) if (byte === 10) onEvent();
      });
      response.on("error", () => undefined); // it was aborted
      resolve();
    });
    watch.on("error", (failure) => (signal.aborted ? undefined : reject(failure)));
    watch.end();
  });
};

let issued: Promise<KeyPair> | undefined;
const adminCertificate = (t: TestCluster) =>
  (issued ??= issueTestCertificate(t.ca, "/O=system:masters/CN=watcher", "clientAuth"));

/** From the write of one object to the last of many watchers that hear of it. */
async function fanOut(
  t: TestCluster,
  metric: string,
  start: StartWatch,
  watchers: number,
): Promise<BenchResult> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let heard = 0;
  let all: () => void = () => undefined;
  const onEvent = () => {
    if (++heard === watchers) all();
  };
  for (let at = 0; at < watchers; at++) await start(t, onEvent, stop.signal);
  const samples: number[] = [];
  for (let at = 0; at < 50; at++) {
    heard = 0;
    const done = new Promise<void>((resolve) => (all = resolve));
    const startedMs = performance.now();
    await t.admin.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { generateName: "fan-", namespace: "default" } as ObjectMeta,
    });
    await done;
    samples.push(performance.now() - startedMs);
  }
  stop.abort();
  return summarize(metric, "ms", samples);
}

interface Idle {
  what: string;
  count: number;
  start(at: number): Promise<{ close(): Promise<void> }>;
}

/** Start and memory of things that do nothing, many in one process. */
async function idle({ what, count, start }: Idle, log: (text: string) => void): Promise<BenchResult[]> {
  log(`${count} idle, ${what} ...`);
  const before = await settledRssBytes();
  const starts: number[] = [];
  const running: { close(): Promise<void> }[] = [];
  for (let at = 0; at < count; at++) {
    const startedMs = performance.now();
    running.push(await start(at));
    starts.push(performance.now() - startedMs);
  }
  const each = ((await settledRssBytes()) - before) / count / 1e6;
  for (const one of running) await one.close();
  return [
    summarize(`start, ${what}`, "ms", starts),
    {
      ...summarize(`memory, ${what}, idle, each of ${count}`, "MB", [each]),
      note: "growth of the process's RSS, shared; goal: under 8 MB",
    },
  ];
}

async function settledRssBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return process.memoryUsage.rss();
}
