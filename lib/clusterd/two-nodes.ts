import type { LabEnvironmentInput } from "@/lib/contract/environment";

/** The smallest cluster that has everything: a control plane, a worker, a network, services and DNS. For tests. */
export function twoNodes(overrides: Partial<LabEnvironmentInput> = {}): LabEnvironmentInput {
  return {
    network: { cidr: "172.30.7.0/24", gateway: "172.30.7.1" },
    nodes: [
      {
        name: "controlplane",
        role: "control-plane",
        interface: "eth0",
        address: "172.30.7.10/24",
        mac: "02:42:ac:1e:07:0a",
      },
      {
        name: "node01",
        role: "worker",
        interface: "eth0",
        address: "172.30.7.11/24",
        mac: "02:42:ac:1e:07:0b",
      },
    ],
    cluster: {
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/12",
      addons: [{ name: "bridge" }, { name: "kube-proxy" }, { name: "coredns" }],
    },
    ...overrides,
  };
}
