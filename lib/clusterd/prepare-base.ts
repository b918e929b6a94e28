import { AppError } from "@/lib/core/app-error";
import type { NodeEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import { kubeconfigOf } from "@/lib/cluster/client/kubeconfig";
import type { RpcClient } from "@/lib/rpc/client";
import type { ClusterLayout } from "./kubeadm/facts";
import { writeFilesOn } from "./node-calls";
import { trustFiles } from "./trust-files";
import type { ClusterPki } from "./pki/cluster-pki";

export interface BaseCluster {
  layout: ClusterLayout;
  pki: ClusterPki;
}

/** Makes of a node the machine that people work from: no container runtime, no kubelet, a context for each cluster. */
export async function prepareBase(
  labd: RpcClient<LabdRpc>,
  labId: string,
  node: NodeEnvironment,
  clusters: BaseCluster[],
): Promise<void> {
  const ref = { sandboxId: labId, node: node.name };
  await writeFilesOn(labd, ref, [
    { path: "/root/.kube/config", content: kubeconfigOf(clusters.map(contextOf)), mode: 0o600 },
    ...trustFiles(clusters[0]!.pki.outsideCa),
  ]);
  const { exitCode, stderr } = await labd.call("node.exec", {
    ...ref,
    argv: ["systemctl", "disable", "--now", "kubelet", "containerd"],
  });
  if (exitCode !== 0)
    throw new AppError("internal", `The services of ${node.name} cannot be stopped: ${stderr.trim()}`);
}

function contextOf({ layout, pki }: BaseCluster) {
  return {
    context: layout.name,
    server: `https://${layout.controlPlane.ip}:6443`,
    caPem: pki.ca.certificatePem,
    clusterName: layout.name,
    user: `admin-${layout.name}`,
    client: pki.admin,
  };
}
