import type {
  Addon,
  ClusterEnvironment,
  LabEnvironment,
  NodeEnvironment,
  NodeRole,
} from "@/lib/contract/environment";
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
  /** In a lab without a cluster, the first node stands in its place. */
  controlPlane: { name: string; ip: string };
  /** Empty in a lab without a cluster. */
  nodes: { name: string; ip: string; role: Member["role"]; labels: Record<string, string> }[];
  /** Beside the lab's first cluster. */
  dockerHosts: { name: string; ip: string }[];
  addons: Addon[];
  /** First address of the service range: the `kubernetes` Service. */
  apiServiceIp: string;
  /** Tenth address of the service range: the `kube-dns` Service. */
  dnsIp: string;
}

type Member = NodeEnvironment & { role: Exclude<NodeRole, "base" | "docker"> };

/** Of each cluster, the first one first. Throws AppError `invalid` for a cluster without a control plane node. */
export function clusterLayouts(environment: LabEnvironment): ClusterLayout[] {
  const { cluster, otherClusters, nodes } = environment;
  const members = nodes.filter((node): node is Member => node.role !== "base" && node.role !== "docker");
  const dockerHosts = nodes.filter(({ role }) => role === "docker");
  return [
    layoutOf(
      cluster,
      members.filter((node) => node.cluster === undefined || node.cluster === cluster.name),
      dockerHosts,
    ),
    ...otherClusters.map((other) =>
      layoutOf(
        other,
        members.filter((node) => node.cluster === other.name),
      ),
    ),
  ];
}

function layoutOf(
  cluster: ClusterEnvironment,
  nodes: Member[],
  dockerHosts: NodeEnvironment[] = [],
): ClusterLayout {
  const ipOf = (node: NodeEnvironment) => node.address.split("/")[0]!;
  const isNone = nodes.length === 0 && dockerHosts.length > 0;
  const controlPlane = isNone ? dockerHosts[0] : nodes.find(({ role }) => role === "control-plane");
  if (!controlPlane)
    throw new AppError(
      "invalid",
      `The cluster ${cluster.name} needs a node with the role control-plane: add one to the lab's nodes.`,
    );
  return {
    ...cluster,
    controlPlane: { name: controlPlane.name, ip: ipOf(controlPlane) },
    nodes: nodes.map((node) => ({ name: node.name, ip: ipOf(node), role: node.role, labels: node.labels })),
    dockerHosts: dockerHosts.map((node) => ({ name: node.name, ip: ipOf(node) })),
    apiServiceIp: addressIn(cluster.serviceCidr, 1),
    dnsIp: addressIn(cluster.serviceCidr, 10),
  };
}
