import { addressIn } from "@/lib/core/address-in";
import { systemClock, type Clock } from "@/lib/core/clock";
import { createLogger, type Logger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import { kubernetesService } from "@/lib/cluster/api/bootstrap/kubernetes-service";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import type { NodeProxy } from "@/lib/cluster/api/node-proxy";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { createObjects } from "@/lib/cluster/client/create-objects";
import { Informers } from "@/lib/cluster/client/informers";
import { kubeconfig } from "@/lib/cluster/client/kubeconfig";
import { refs } from "@/lib/cluster/client/refs";
import { runControllers } from "@/lib/cluster/controllers/run-controllers";
import type { NodeIdentity } from "@/lib/cluster/node/node-reporter";
import { givenLabels } from "@/lib/cluster/node/node-status";
import type { ClusterFacts } from "@/lib/cluster/resources/kind";
import { simulatedNodeProxy } from "./simulated-node-proxy";
import { SimulatedNodes } from "./simulated-nodes";

export interface StandaloneOptions {
  /** The first is the control plane; with more than one it takes no ordinary pods. At least 1. */
  nodes: number;
  /** Where the API listens; port 0 takes a free one. */
  listen: { host: string; port: number };
  /** SQLite file that keeps the objects; default: in memory. */
  journalPath?: string;
  /** Name of the cluster in the kubeconfig. */
  name?: string;
  /** Default: the simulated nodes refuse what needs a process or a network. */
  nodeProxy?: NodeProxy;
  clock?: Clock;
  logger?: Logger;
}

export interface Standalone {
  /** "https://127.0.0.1:40123" */
  url: string;
  /** YAML, with the certificate of a member of system:masters. */
  kubeconfig: string;
  /** As system:masters. */
  admin: ClusterClient;
  close(): Promise<void>;
}

const facts: ClusterFacts = {
  serviceCidr: "10.96.0.0/12",
  podCidr: "10.244.0.0/16",
  nodePortRange: { from: 30_000, to: 32_767 },
  domain: "cluster.local",
  version: "v1.34.5",
};
const nodeRange = "172.30.1.0/24";

/**
 * A control plane by itself: API server, scheduler and controllers in this process, with simulated nodes (see
 * SimulatedNodes). Needs neither root nor sandboxes. Resolves when all nodes are ready.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { clock = systemClock, logger = createLogger("cluster"), name = "examctl" } = options;
  const scope = new Scope();
  try {
    const nowMs = clock.now();
    const ca = createAuthority("kubernetes", nowMs);
    const cluster = scope.use(
      await createCluster({
        journalPath: options.journalPath ?? ":memory:",
        facts,
        ca,
        clock,
        logger,
        nodeProxy: options.nodeProxy ?? simulatedNodeProxy,
      }),
      (one) => one.close(),
    );
    const { host } = options.listen;
    const serviceIp = addressIn(facts.serviceCidr, 1);
    const serving = issue(ca, {
      commonName: "kube-apiserver",
      usages: ["serverAuth"],
      dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      ips: [...new Set(["127.0.0.1", serviceIp, host])],
      nowMs,
    });
    const { url } = scope.use(await cluster.server.listen(options.listen, serving), (one) => one.close());
    const as = (user: string, ...groups: string[]) =>
      cluster.client({ name: user, groups: ["system:masters", "system:authenticated", ...groups] });
    const admin = as("kubernetes-admin");
    const endpoint = { serviceIp, endpointIp: host, port: Number(new URL(url).port) };
    await createObjects(admin, kubernetesService(endpoint));

    const manager = as("system:kube-controller-manager");
    const informers = scope.use(new Informers(manager), (one) => one.stop());
    await informers.start();
    const context = { client: manager, informers, clock, logger };
    const controllers = runControllers({
      ...context,
      cluster: { podCidr: facts.podCidr, caPem: ca.certificatePem, caKeyPem: ca.privateKeyPem },
    });
    scope.use(controllers, (one) => one.stop());

    const identities = Array.from({ length: options.nodes }, (_, index) => identityOf(index, options.nodes));
    const nodes = new SimulatedNodes({
      ...context,
      nodes: identities,
      version: facts.version,
      client: as("system:node:simulated", "system:nodes"),
    });
    scope.use(nodes, (one) => one.stop());
    await nodes.start();
    for (const node of identities)
      await admin.patch(refs.nodes, undefined, node.name, "application/merge-patch+json", {
        metadata: { labels: givenLabels(node) },
      });
    await informers.nodes.until(
      () => informers.nodes.list().filter(({ spec }) => spec?.podCIDR).length >= options.nodes,
    );
    const client = issue(ca, {
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
      usages: ["clientAuth"],
      nowMs,
    });
    return {
      url,
      kubeconfig: kubeconfig({
        server: url,
        caPem: ca.certificatePem,
        clusterName: name,
        user: "kubernetes-admin",
        client,
      }),
      admin,
      close: () => scope.close(),
    };
  } catch (failure) {
    await scope.close();
    throw failure;
  }
}

/** controlplane, node01, node02 ...: the names that labs use. A single node takes every pod. */
function identityOf(index: number, count: number): NodeIdentity {
  const isControlPlane = index === 0 && count > 1;
  return {
    name: index === 0 ? "controlplane" : `node${String(index).padStart(2, "0")}`,
    ip: addressIn(nodeRange, 10 + index),
    role: isControlPlane ? "control-plane" : "worker",
    labels: index === 0 ? { "node-role.kubernetes.io/control-plane": "" } : {},
  };
}
