import { createCluster } from "@/lib/cluster/api/create-cluster";
import { testFacts } from "@/lib/cluster/api/testing";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { Informers } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { Pod } from "@/lib/cluster/resources/types";
import { ManualClock, systemClock, type Clock } from "@/lib/core/clock";
import { createAuthority } from "@/lib/core/x509/certificate";
import { createLogger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import { runControllers } from "../run-controllers";
import { FakeKubelet } from "../testing-kubelet";

export const nodeNames = ["node-0", "node-1", "node-2"];
/** A namespace without limits and one that may hold few pods. */
export const namespaces = ["free", "tight"] as const;
export const podsMax = 5;

/** A cluster with controllers in memory, whose time is moved by the test. */
export interface World extends ControlPlane {
  clock: ManualClock;
  lostNodes: Set<string>;
  /** What was wrong at some moment, beside what is wrong at rest. */
  broken: string[];
  /** Resolves when nobody writes any more. */
  quiet(): Promise<void>;
  /** Lets so much time pass that every retry and every eviction has had its turn. */
  rest(): Promise<void>;
}

const logger = createLogger("controllers").child({}, { level: "silent" });

export interface ControlPlane {
  admin: ClusterClient;
  informers: Informers;
  kubelet: FakeKubelet;
  /** The controllers stop and others take over. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** API server, controllers and a kubelet for all nodes in this process, without a port. */
export async function startControlPlane({
  journalPath = ":memory:",
  clock = systemClock,
}: { journalPath?: string; clock?: Clock } = {}): Promise<ControlPlane> {
  const scope = new Scope();
  const ca = createAuthority("kubernetes", clock.now());
  const cluster = scope.use(
    await createCluster({ journalPath, facts: testFacts, ca, clock, logger }),
    (one) => one.close(),
  );
  const admin = cluster.client({ name: "admin", groups: ["system:masters", "system:authenticated"] });
  const informers = scope.use(new Informers(admin), (one) => one.stop());
  await informers.start();
  const kubelet = scope.use(new FakeKubelet(admin, informers, clock), (one) => one.stop());
  const run = () =>
    runControllers({
      ...{ client: admin, informers, clock, logger },
      cluster: { podCidr: testFacts.podCidr, caPem: ca.certificatePem, caKeyPem: ca.privateKeyPem },
    });
  let running = run();
  return {
    admin,
    informers,
    kubelet,
    async restart() {
      await running.stop();
      running = run();
    },
    async close() {
      await running.stop();
      await scope.close();
    },
  };
}

export async function createWorld(): Promise<World> {
  const clock = new ManualClock();
  const plane = await startControlPlane({ clock });
  const { admin, informers, kubelet } = plane;
  const broken: string[] = [];
  const quiet = async () => {
    let last = "";
    for (let turns = 0; turns < 12; turns++) {
      const { resourceVersion } = (await admin.list(refs.namespaces)).metadata;
      if (resourceVersion !== last) turns = 0;
      last = resourceVersion;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const world: World = {
    ...plane,
    clock,
    lostNodes: new Set(),
    broken,
    quiet,
    async rest() {
      for (let step = 0; step < 50; step++) {
        await quiet();
        await clock.advance(10_000);
      }
      await quiet();
    },
  };
  for (const name of nodeNames) await kubelet.join(name);
  for (const name of namespaces)
    await admin.create(refs.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await quiet();
  await admin.create(refs.resourceQuotas, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "few", namespace: "tight" },
    spec: { hard: { pods: String(podsMax) } },
  } as never);
  await quiet();
  informers.pods.onChange(() => {
    const count = informers.pods.list("tight").filter(isUnfinished).length;
    if (count > podsMax) broken.push(`${count} pods where the quota allows ${podsMax}`);
  });
  return world;
}

export const isUnfinished = ({ status }: Pod) => status?.phase !== "Succeeded" && status?.phase !== "Failed";
