import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { Pod } from "@/lib/cluster/resources/types";
import { systemClock } from "@/lib/core/clock";
import { isActive } from "./pods";
import { startControlPlane } from "./property/testing";

const folder = mkdtempSync(join(tmpdir(), "examctl-restart-"));
afterAll(() => rmSync(folder, { recursive: true }));
const wanted = { deployment: 6, stateful: 2, job: 2 };
const total = wanted.deployment + wanted.stateful + wanted.job;

async function start(journalPath: string) {
  const plane = await startControlPlane({ journalPath });
  /** Every pod that ever was. */
  const pods = new Map<string, Pod>();
  const note = (pod: Pod) => pods.set(pod.metadata.uid!, pod);
  plane.informers.pods.list().forEach(note);
  plane.informers.pods.onChange((now) => now && note(now));
  return { ...plane, pods };
}

const template = (app: string, image: string, restartPolicy = "Always") => ({
  metadata: { labels: { app } },
  spec: { restartPolicy, containers: [{ name: "main", image }] },
});

async function until(check: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!check()) {
    if (performance.now() > endMs) throw new Error("It did not come to rest.");
    await systemClock.sleep(5);
  }
}

/** Resolves when so many looks in a row, each 20 ms after the one before, find that nothing was written. */
async function quietFor(admin: ClusterClient, looks: number): Promise<void> {
  const version = async () => (await admin.list(refs.namespaces)).metadata.resourceVersion;
  const endMs = performance.now() + 30_000;
  let last = await version();
  for (let same = 0; same < looks && performance.now() < endMs; same++) {
    await systemClock.sleep(20);
    const now = await version();
    if (now !== last) same = 0;
    last = now;
  }
}

test.each([1, 2, 4, 7, 9, total])(
  "a control plane that is killed when it has made %i pods goes on where it was and makes none twice",
  { timeout: 60_000 },
  async (killedAt) => {
    const journal = join(folder, `before-${killedAt}`);
    const copy = join(folder, `after-${killedAt}`);
    const first = await start(journal);
    const killed = new Promise<void>((resolve) => {
      let isCopied = false;
      first.informers.pods.onChange(() => {
        if (isCopied || first.pods.size < killedAt) return;
        isCopied = true;
        // What the disk holds at this moment is what kill -9 would leave.
        for (const file of readdirSync(dirname(journal)))
          if (file.startsWith(basename(journal)))
            cpSync(join(folder, file), copy + file.slice(basename(journal).length));
        resolve();
      });
    });
    await first.kubelet.join("node01");
    await first.admin.create(refs.namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop" },
    });
    await until(() => first.informers.serviceAccounts.get("shop", "default") !== undefined);
    const create = (
      ref: Parameters<typeof first.admin.create>[0],
      apiVersion: string,
      kind: string,
      spec: object,
    ) =>
      first.admin.create(ref, {
        apiVersion,
        kind,
        metadata: { name: "web", namespace: "shop" },
        spec,
      } as never);
    await Promise.all([
      create(refs.deployments, "apps/v1", "Deployment", {
        replicas: wanted.deployment,
        selector: { matchLabels: { app: "web" } },
        template: template("web", "nginx"),
      }),
      create(refs.statefulSets, "apps/v1", "StatefulSet", {
        replicas: wanted.stateful,
        serviceName: "db",
        selector: { matchLabels: { app: "db" } },
        template: template("db", "nginx"),
      }),
      create(refs.jobs, "batch/v1", "Job", {
        completions: wanted.job,
        parallelism: wanted.job,
        template: template("work", "nginx", "Never"),
      }),
    ]);
    await killed;
    await first.close();

    const second = await start(copy);
    try {
      const before = second.informers.pods.list().map(({ metadata }) => metadata.uid);
      expect(before.length).toBeGreaterThanOrEqual(killedAt);
      const running = () =>
        second.informers.pods.list("shop").filter((pod) => isActive(pod) && pod.status?.phase === "Running");
      await until(() => running().length === total);
      // What is one too many would come after that: it has come to rest when nobody writes any more.
      const isComplete = () =>
        second.informers.deployments.get("shop", "web")?.status?.availableReplicas === wanted.deployment &&
        second.informers.statefulSets.get("shop", "web")?.status?.availableReplicas === wanted.stateful &&
        second.informers.jobs.get("shop", "web")?.status?.ready === wanted.job;
      await until(isComplete);
      await quietFor(second.admin, 20);
      expect(second.informers.deployments.get("shop", "web")?.metadata.name).toBe("web");
      expect(second.informers.replicaSets.list("shop")).toHaveLength(1);
      // Those that were there are still there, and besides the missing ones nothing was ever made.
      expect(second.pods.size).toBe(total);
      expect(second.informers.pods.list("shop").map(({ metadata }) => metadata.uid)).toEqual(
        expect.arrayContaining(before) as string[],
      );
    } finally {
      await second.close();
    }
  },
);
