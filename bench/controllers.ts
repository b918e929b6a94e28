import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import { ensureKubectl, testFacts } from "@/lib/cluster/api/testing";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { Deployment, Pod } from "@/lib/cluster/resources/types";
import { startStandalone } from "@/lib/cluster/standalone/start-standalone";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench, type BenchResult } from "./report";

const logger = createLogger("cluster");
const listen = { host: "127.0.0.1", port: 0 };

/**
 * API server, scheduler and controllers of a cluster with a journal on disk and nodes whose pods run at once; kubectl is
 * the real one and its own time is in the figures. Then what clusters cost in which nothing happens.
 */
const run: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const folder = scope.use(await mkdtemp(join(tmpdir(), "examctl-bench-")), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    return [
      ...(await deployments(folder, quick ? 2 : 10, log)),
      await idle(folder, quick ? { clusters: 10, forMs: 5000 } : { clusters: 100, forMs: 60_000 }, log),
    ];
  } finally {
    await scope.close();
  }
};
export default run;

async function deployments(
  folder: string,
  rounds: number,
  log: (text: string) => void,
): Promise<BenchResult[]> {
  const cluster = await startStandalone({ nodes: 3, listen, journalPath: join(folder, "busy"), logger });
  try {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, cluster.kubeconfig);
    const program = await ensureKubectl();
    const apply = (...items: object[]) =>
      runCommand([program, "apply", "-f", "-"], {
        env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder },
        stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
      });
    const { admin } = cluster;
    await admin.create(refs.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "bench" } });
    const hasAccount = () => admin.get(refs.serviceAccounts, "bench", "default").catch(() => undefined);
    while (!(await hasAccount())) await systemClock.sleep(10); // pods need it
    const created: number[] = [];
    const running: number[] = [];
    const many: number[] = [];
    const floor: number[] = [];
    for (let round = 0; round < rounds; round++) {
      log(`round ${round + 1} of ${rounds}`);
      floor.push(await bareCreates(admin, 100));
      const large = await timed(admin, 100, () => apply(deployment("large", 100)));
      created.push(large.createdMs);
      running.push(large.runningMs);
      await clear(admin);
      const names = Array.from({ length: 50 }, (_, at) => `small-${at}`);
      many.push(
        (await timed(admin, 100, () => apply(...names.map((name) => deployment(name, 2))))).runningMs,
      );
      await clear(admin);
    }
    return [
      summarize("100 replicas: apply to all pods created", "ms", created, {
        floor: { name: "100 pods created by one client in the same process", samples: floor },
      }),
      summarize("100 replicas: apply to all pods running", "ms", running),
      summarize("50 Deployments of 2 at once: apply to all pods running", "ms", many),
    ];
  } finally {
    await cluster.close();
  }
}

const deployment = (name: string, replicas: number): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "bench" },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "web", image: "nginx:1.27", resources: { requests: { cpu: "1m" } } }],
      },
    },
  },
});

/** From the start of `work` until so many pods exist, and until they run. */
async function timed(admin: ClusterClient, count: number, work: () => Promise<unknown>) {
  const stop = new AbortController();
  const existing = new Set<string>();
  const running = new Set<string>();
  const watch = admin.watch<Pod>(refs.pods, { namespace: "bench", signal: stop.signal });
  const startedMs = performance.now();
  const doing = work();
  let createdMs = 0;
  for await (const event of watch) {
    if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
    const { metadata, status } = event.object;
    existing.add(metadata.name);
    if (status?.phase === "Running") running.add(metadata.name);
    if (existing.size === count && createdMs === 0) createdMs = performance.now() - startedMs;
    if (running.size === count) break;
  }
  const runningMs = performance.now() - startedMs;
  stop.abort();
  await doing;
  return { createdMs, runningMs };
}

async function bareCreates(admin: ClusterClient, count: number): Promise<number> {
  const { spec } = deployment("floor", 1).spec.template;
  const startedMs = performance.now();
  for (let at = 0; at < count; at++)
    await admin.create<Pod>(refs.pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `floor-${at}`, namespace: "bench" },
      spec: { ...structuredClone(spec), schedulerName: "none" },
    });
  const tookMs = performance.now() - startedMs;
  await clear(admin);
  return tookMs;
}

/** Deletes everything that a round made, and waits until it is gone. */
async function clear(admin: ClusterClient): Promise<void> {
  for (const { metadata } of (await admin.list<Deployment>(refs.deployments, { namespace: "bench" })).items)
    await admin.delete(refs.deployments, "bench", metadata.name);
  const pods = async () => (await admin.list<Pod>(refs.pods, { namespace: "bench" })).items;
  for (const { metadata, spec } of await pods())
    if (spec.schedulerName === "none") await admin.delete(refs.pods, "bench", metadata.name);
  while ((await pods()).length > 0) await systemClock.sleep(20);
}

/** CPU of this process while its clusters of two nodes have nothing to do, per cent of a core. */
async function idle(
  folder: string,
  { clusters, forMs }: { clusters: number; forMs: number },
  log: (text: string) => void,
): Promise<BenchResult> {
  const measure = async (title: string, start: (at: number) => Promise<{ close(): Promise<void> }>) => {
    const scope = new Scope();
    try {
      log(`${clusters} ${title} ...`);
      for (let at = 0; at < clusters; at++) scope.use(await start(at), (one) => one.close());
      await systemClock.sleep(forMs / 4); // what starting them left to do
      const before = process.cpuUsage();
      const startedMs = performance.now();
      await systemClock.sleep(forMs);
      const { user, system } = process.cpuUsage(before);
      return (100 * (user + system)) / 1000 / (performance.now() - startedMs);
    } finally {
      await scope.close();
    }
  };
  const ca = { certificatePem: "", privateKeyPem: "" };
  const bare = await measure("bare control planes", (at) =>
    createCluster({ journalPath: join(folder, `bare-${at}`), facts: testFacts, ca, logger }),
  );
  const share = await measure("idle clusters", (at) =>
    startStandalone({ nodes: 2, listen, journalPath: join(folder, `idle-${at}`), logger }),
  );
  return {
    ...summarize(`CPU of ${clusters} idle clusters`, "% of a core", [share], {
      floor: { name: "API servers alone", samples: [bare] },
    }),
    note: `over ${forMs / 1000} s; two nodes each, which renew their leases every 10 s.`,
  };
}
