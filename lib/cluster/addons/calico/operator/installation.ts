import { z } from "zod";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { contains } from "@/lib/cluster/addons/ipv4";
import { calicoVersion } from "../api";
import { calicoObjects } from "../objects";

export const operatorGroup = "operator.tigera.io";
export const systemNamespace = "calico-system";

const encapsulations = {
  IPIP: { ipipMode: "Always", vxlanMode: "Never" },
  IPIPCrossSubnet: { ipipMode: "CrossSubnet", vxlanMode: "Never" },
  VXLAN: { ipipMode: "Never", vxlanMode: "Always" },
  VXLANCrossSubnet: { ipipMode: "Never", vxlanMode: "CrossSubnet" },
  None: { ipipMode: "Never", vxlanMode: "Never" },
} as const;

const ipPool = z.looseObject({
  name: z.string().default("default-ipv4-ippool"),
  cidr: z.string(),
  blockSize: z.number().int().default(26),
  encapsulation: z.enum(Object.keys(encapsulations) as [keyof typeof encapsulations]).default("IPIP"),
  natOutgoing: z.enum(["Enabled", "Disabled"]).default("Enabled"),
  nodeSelector: z.string().default("all()"),
});
const installationSpec = z.looseObject({
  variant: z.string().default("Calico"),
  cni: z.looseObject({ type: z.string().default("Calico") }).default({ type: "Calico" }),
  calicoNetwork: z
    .looseObject({
      bgp: z.enum(["Enabled", "Disabled"]).default("Enabled"),
      ipPools: z.array(ipPool).max(25).optional(),
    })
    .prefault({}),
});
export type InstallationSpec = z.output<typeof installationSpec>;

/**
 * What the operator writes into an Installation that says less (pkg/controller/installation, pkg/controller/ippool): kubeadm's
 * range is the pool when there is none. Throws what it says of one that is wrong.
 */
export function completed(spec: unknown, podCidr: string): InstallationSpec {
  const parsed = installationSpec.safeParse(spec ?? {});
  if (!parsed.success) throw new Error(`Installation is not valid: ${z.prettifyError(parsed.error)}`);
  const { calicoNetwork } = parsed.data;
  const ipPools = calicoNetwork.ipPools ?? [ipPool.parse({ cidr: podCidr })];
  for (const { cidr } of ipPools)
    if (!cidr.includes(":") && !contains(podCidr, cidr))
      throw new Error(
        `IPPool ${cidr} is not within the platform's configured pod network CIDR(s) [${podCidr}]`,
      );
  return { ...parsed.data, calicoNetwork: { ...calicoNetwork, ipPools } };
}

/** What the operator makes of it: Calico in a namespace of its own, and its pools. */
export function objectsOf({ calicoNetwork }: InstallationSpec, version: string): KubeObject[] {
  const { bgp, ipPools = [] } = calicoNetwork;
  const { ipipMode, vxlanMode } = encapsulations[ipPools[0]?.encapsulation ?? "None"];
  const overlay = vxlanMode !== "Never" ? "vxlan" : ipipMode !== "Never" ? "ipip" : "none";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: systemNamespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
    },
    ...ipPools.map(({ name, cidr, blockSize, encapsulation, natOutgoing, nodeSelector }) => ({
      apiVersion: calicoVersion,
      kind: "IPPool",
      metadata: { name, labels: { "app.kubernetes.io/managed-by": "tigera-operator" } },
      spec: {
        ...{ allowedUses: ["Workload", "Tunnel"], assignmentMode: "Automatic", blockSize, cidr },
        ...{ natOutgoing: natOutgoing === "Enabled", nodeSelector, ...encapsulations[encapsulation] },
      },
    })),
    // The definitions are there before an Installation can be.
    ...calicoObjects({
      ...{ overlay, backend: bgp === "Enabled" ? "bird" : "vxlan" },
      ...{ namespace: systemNamespace, version, hasPools: true },
    }).filter(({ kind }) => kind !== "CustomResourceDefinition"),
  ];
}
