import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { LabEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { Cluster } from "@/lib/cluster/api/types";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Informers } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import { Kubelet } from "@/lib/cluster/node/kubelet";
import { givenLabels } from "@/lib/cluster/node/node-status";
import type { ClusterLayout } from "./kubeadm/facts";
import { nodeFiles } from "./kubeadm/node-files";
import type { LabdRuntime } from "./labd-runtime";
import type { ClusterPki } from "./pki/cluster-pki";
import { writeFilesOn } from "./node-calls";

/** The running control plane of a lab. */
export interface ControlPlane {
  cluster: Cluster;
  pki: ClusterPki;
  admin: ClusterClient;
  informers: Informers;
}

export interface JoinOptions {
  labId: string;
  environment: LabEnvironment;
  layout: ClusterLayout;
  controlPlane: ControlPlane;
  labd: RpcClient<LabdRpc>;
  /** See StatusBoard. */
  once(mark: string, work: () => Promise<void>): Promise<void>;
  runtime: LabdRuntime;
  clock: Clock;
  logger: Logger;
  /** Whoever gets the kubelet, which is not yet started, stops it. */
  onKubelet(name: string, kubelet: Kubelet): void;
}

/**
 * What `kubeadm init` or `kubeadm join` does on one node, and its kubelet. Registers the node after `turn`; resolves when it is
 * registered. What writes into the node is done once in the life of the lab.
 */
export async function joinNode(options: JoinOptions, name: string, turn: Promise<void>): Promise<void> {
  const { layout, once, clock, logger } = options;
  const { cluster, informers, admin } = options.controlPlane;
  const node = layout.nodes.find((one) => one.name === name)!;
  await once(`node-files/${name}`, () => writeNodeFiles(options, name));
  const client = cluster.client({
    name: `system:node:${name}`,
    groups: ["system:nodes", "system:authenticated"],
  });
  const kubelet = new Kubelet({
    node: { name, ip: node.ip, role: node.role, labels: node.labels },
    cluster: { dnsIp: layout.dnsIp, domain: layout.domain, version: layout.version },
    client,
    informers,
    recorder: new EventRecorder(client, { component: "kubelet", host: name }, clock),
    runtime: options.runtime,
    clock,
    logger,
  });
  options.onKubelet(name, kubelet);
  await kubelet.start(turn);
  const labels = givenLabels(node);
  if (Object.keys(labels).length === 0) return;
  await once(`node-labels/${name}`, async () => {
    await admin.patch(refs.nodes, undefined, name, "application/merge-patch+json", {
      metadata: { labels },
    });
  });
}

async function writeNodeFiles(options: JoinOptions, name: string): Promise<void> {
  const { labd, labId, logger, layout, environment, controlPlane } = options;
  const ref = { sandboxId: labId, node: name };
  const files = [
    ...nodeFiles(layout, controlPlane.pki, name),
    ...environment.files.filter((file) => file.node === name),
  ];
  await writeFilesOn(labd, ref, files);
  // The kubelet's process was started without them; its work does not wait for that.
  void labd
    .call("node.service", { ...ref, service: "kubelet", action: "restart" })
    .catch((failure: unknown) => {
      logger.warn({ err: failure, labId, node: name }, "the kubelet service did not restart");
    });
}
