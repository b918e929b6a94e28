import type { LabEnvironmentInput } from "@/lib/contract/environment";
import type { PublicLab, Script } from "./lab";

/** What such labs assume of a cluster: kubeadm's names and ranges, a network that enforces policies, Services, DNS and volumes. */
export function environmentOf({ nodes, files, freshPodCidr }: PublicLab): LabEnvironmentInput {
  const all = [
    {
      ...{ name: "controlplane", role: "control-plane" as const, interface: "eth0" },
      ...{ address: "172.30.1.2/16", mac: "02:42:ac:1e:01:02" },
    },
    {
      ...{ name: "node01", role: "worker" as const, interface: "eth0" },
      ...{ address: "172.30.2.2/16", mac: "02:42:ac:1e:02:02" },
    },
  ];
  return {
    network: { cidr: "172.30.0.0/16", gateway: "172.30.0.1" },
    nodes: nodes === "one" ? all.slice(0, 1) : all,
    cluster: {
      podCidr: freshPodCidr ?? "192.168.0.0/16",
      serviceCidr: "10.96.0.0/12",
      addons: [
        ...(freshPodCidr === undefined ? [{ name: "calico" }] : []),
        ...[{ name: "kube-proxy" }, { name: "coredns" }],
        ...(freshPodCidr === undefined ? [{ name: "local-path", options: { isDefault: true } }] : []),
      ],
    },
    files,
  };
}

/** A cluster of one node runs pods on it. */
export const untaint: Script = {
  name: "untaint",
  text: "kubectl taint nodes --all node-role.kubernetes.io/control-plane- || true\n",
};
