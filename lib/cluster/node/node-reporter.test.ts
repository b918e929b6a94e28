import { expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { alreadyExists, notFound } from "@/lib/cluster/client/status";
import type { Lease, Node } from "@/lib/cluster/resources/types";
import { ManualClock } from "@/lib/core/clock";
import type { NodeInspection } from "./container-runtime";
import { NodeReporter } from "./node-reporter";

const nodes = { group: "", plural: "nodes" };

/** An API that knows one node and its lease, and counts what is written. */
function start() {
  const clock = new ManualClock();
  const api: { node?: Node; lease?: Lease; statuses: number } = { statuses: 0 };
  const client = {
    get: () => (api.node ? Promise.resolve(api.node) : Promise.reject(notFound(nodes, "node01"))),
    create(resource: { plural: string }, object: Node & Lease) {
      if (resource.plural === "leases") api.lease = object;
      if (resource.plural !== "nodes") return Promise.resolve(object);
      if (api.node) return Promise.reject(alreadyExists(nodes, "node01"));
      api.node = object;
      return Promise.resolve(object);
    },
    patch({ plural }: { plural: string }, _namespace: string, _name: string, _type: string, patch: Node) {
      if (plural === "leases")
        return api.lease ? Promise.resolve(api.lease) : Promise.reject(notFound(nodes, ""));
      api.statuses += 1;
      api.node = { ...api.node!, status: { ...api.node!.status, ...patch.status } };
      return Promise.resolve(api.node);
    },
  } as unknown as ClusterClient;
  const facts = {
    manifests: [],
    hasCniConfig: true,
    architecture: "amd64",
    cpuCount: 2,
    memoryKib: 4_000_000,
  } as unknown as NodeInspection;
  const reporter = new NodeReporter({
    node: { name: "node01", ip: "192.0.2.1", role: "worker", labels: {} },
    cluster: { version: "v1.34.5" },
    client,
    recorder: new EventRecorder(client, { component: "kubelet" }, clock),
    clock,
    inspection: () => facts,
  });
  return { api, clock, reporter, facts };
}
const ready = (node: Node | undefined) =>
  node?.status?.conditions?.find(({ type }) => type === "Ready")?.status;

test("a node that is as it was said is not written again for five minutes", async () => {
  const { api, clock, reporter, facts } = start();
  await reporter.register();
  const { statuses } = api;
  for (let times = 0; times < 6; times++) {
    await clock.advance(10_000);
    await reporter.renewLease();
  }
  expect(api.statuses).toBe(statuses);
  await clock.advance(300_000);
  await reporter.renewLease();
  expect(api.statuses).toBe(statuses + 1);
  facts.cpuCount = 4;
  await reporter.renewLease();
  expect(api.statuses).toBe(statuses + 2);
});

test("a node that was given up while it was silent is Ready again with its next lease", async () => {
  const { api, clock, reporter } = start();
  await reporter.register();
  expect(ready(api.node)).toBe("True");
  api.node!.status!.conditions = api.node!.status!.conditions!.map((condition) => ({
    ...condition,
    status: "Unknown",
    reason: "NodeStatusUnknown",
  }));
  await clock.advance(10_000);
  await reporter.renewLease();
  expect(ready(api.node)).toBe("True");
});

test("a node that was deleted stays away until its kubelet starts again", async () => {
  const { api, clock, reporter } = start();
  await reporter.register();
  api.node = undefined;
  api.lease = undefined;
  await clock.advance(400_000);
  await reporter.renewLease();
  expect([api.node, api.lease]).toEqual([undefined, undefined]);
  await reporter.restarted();
  expect(ready(api.node)).toBe("True");
  expect(api.lease).toBeDefined();
});
