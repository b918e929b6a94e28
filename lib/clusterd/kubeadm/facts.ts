import type { LabEnvironment, NodeEnvironment } from "@/lib/contract/environment";
import { addressIn } from "@/lib/core/address-in";
import { AppError } from "@/lib/core/app-error";

/** What kubeadm would ask for, derived from a lab's environment. */
export interface ClusterLayout {
  name: string;
  /** "v1.34.5" */
  version: string;
  podCidr: string;
  serviceCidr: string;
  domain: string;
  controlPlane: { name: string; ip: string };
  nodes: { name: string; ip: string; role: NodeEnvironment["role"]; labels: Record<string, string> }[];
  /** First address of the service range: the `kubernetes` Service. */
  apiServiceIp: string;
  /** Tenth address of the service range: the `kube-dns` Service. */
  dnsIp: string;
}

/** Throws AppError `invalid` for an environment without a control plane node. */
export function clusterLayout({ cluster, nodes }: LabEnvironment): ClusterLayout {
  const ipOf = (node: NodeEnvironment) => node.address.split("/")[0]!;
  const controlPlane = nodes.find(({ role }) => role === "control-plane");
  if (!controlPlane)
    throw new AppError("invalid", "A lab needs a node with the role control-plane: add one to its nodes.");
  return {
    ...cluster,
    controlPlane: { name: controlPlane.name, ip: ipOf(controlPlane) },
    nodes: nodes.map((node) => ({ name: node.name, ip: ipOf(node), role: node.role, labels: node.labels })),
    apiServiceIp: addressIn(cluster.serviceCidr, 1),
    dnsIp: addressIn(cluster.serviceCidr, 10),
  };
}
