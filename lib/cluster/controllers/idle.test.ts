import { expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Namespace } from "@/lib/cluster/resources/types";
import { createWorld } from "./property/testing";

const template = (app: string, image: string, restartPolicy = "Always") => ({
  metadata: { labels: { app } },
  spec: { restartPolicy, containers: [{ name: "main", image }] },
});

/** Requests that a client makes from now on, by what they ask for. */
function count(client: ClusterClient) {
  const requests: Record<string, number> = {};
  const inner = client as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const verb of ["get", "list", "create", "update", "updateStatus", "patch", "delete", "watch"]) {
    const original = inner[verb]!.bind(client);
    inner[verb] = (...args) => {
      const what = `${verb} ${(args[0] as { plural: string }).plural}`;
      requests[what] = (requests[what] ?? 0) + 1;
      return original(...args);
    };
  }
  return requests;
}

test(
  "a cluster with workloads that rest asks for nothing but its nodes' leases",
  { timeout: 120_000 },
  async () => {
    const world = await createWorld();
    try {
      const { admin, clock, quiet } = world;
      const create = (
        ref: Parameters<typeof admin.create>[0],
        apiVersion: string,
        kind: string,
        spec: object,
      ) =>
        admin.create(ref, { apiVersion, kind, metadata: { name: "web", namespace: "free" }, spec } as never);
      await create(refs.deployments, "apps/v1", "Deployment", {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: template("web", "nginx"),
      });
      await create(refs.statefulSets, "apps/v1", "StatefulSet", {
        replicas: 2,
        serviceName: "db",
        selector: { matchLabels: { app: "db" } },
        template: template("db", "nginx"),
      });
      await create(refs.daemonSets, "apps/v1", "DaemonSet", {
        selector: { matchLabels: { app: "agent" } },
        template: template("agent", "nginx"),
      });
      await create(refs.jobs, "batch/v1", "Job", { template: template("job", "exit-0", "Never") });
      await create(refs.services, "v1", "Service", { selector: { app: "web" }, ports: [{ port: 80 }] });
      await admin.create(refs.pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "homeless", namespace: "free" },
        spec: { nodeSelector: { disk: "none" }, containers: [{ name: "main", image: "nginx" }] },
      } as never);
      await world.rest();
      const requests = count(admin);
      const minutes = 10;
      for (let tenth = 0; tenth < minutes * 6; tenth++) {
        await clock.advance(10_000);
        await quiet();
      }
      delete requests["list namespaces"]; // the test's own
      // node-lifecycle looks at each node's lease every ten seconds; the scheduler tries what waits every five minutes.
      const { "get leases": leases = 0, ...others } = requests;
      expect(leases).toBeGreaterThan(0);
      expect(leases).toBeLessThanOrEqual(3 * (minutes * 6 + 1));
      expect(Object.entries(others).filter(([, times]) => times > 3 * minutes)).toEqual([]);
      expect(Object.values(others).reduce((sum, times) => sum + times, 0)).toBeLessThan(5 * minutes);
    } finally {
      await world.close();
    }
  },
);

test(
  "what holds a namespace, or an owner that goes last, is asked for less and less",
  { timeout: 120_000 },
  async () => {
    const world = await createWorld();
    try {
      const { admin, clock, quiet } = world;
      const held = (name: string, more: object) =>
        admin.create<KubeObject>(refs.configMaps, {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name, namespace: "free", ...more },
        });
      const owner = await held("owner", {});
      await held("dependent", {
        finalizers: ["example.com/hold"],
        ownerReferences: [
          {
            ...{ apiVersion: "v1", kind: "ConfigMap", name: "owner" },
            ...{ uid: owner.metadata.uid, blockOwnerDeletion: true },
          },
        ],
      });
      await admin.create<Namespace>(refs.namespaces, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "stuck" },
      });
      await quiet();
      await admin.create(refs.configMaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "held", namespace: "stuck", finalizers: ["example.com/hold"] },
      } as never);
      await admin.delete(refs.configMaps, "free", "owner", { propagationPolicy: "Foreground" });
      await admin.delete(refs.namespaces, undefined, "stuck");
      await quiet();
      for (let second = 0; second < 60; second++) {
        await clock.advance(1000);
        await quiet();
      }
      const requests = count(admin);
      for (let second = 0; second < 120; second++) {
        await clock.advance(1000);
        await quiet();
      }
      // Two minutes of a namespace that waits: at most one look in fifteen seconds at each kind.
      expect(requests["list secrets"]).toBeGreaterThanOrEqual(1);
      expect(requests["list secrets"]).toBeLessThanOrEqual(9);
      expect(requests["get configmaps"] ?? 0).toBeLessThanOrEqual(10);
      expect(requests["delete configmaps"] ?? 0).toBe(0);
    } finally {
      await world.close();
    }
  },
);
