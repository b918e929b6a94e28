import type { LabelSelector } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";

const ref = (plural: string) => ({ group: "metallb.io", version: "v1beta1", plural });

export const metallbRefs = {
  pools: ref("ipaddresspools"),
  l2Advertisements: ref("l2advertisements"),
  l2Statuses: ref("servicel2statuses"),
};

export interface IPAddressPool extends KubeObject {
  spec: {
    addresses?: string[];
    autoAssign?: boolean;
    avoidBuggyIPs?: boolean;
    serviceAllocation?: {
      priority?: number;
      namespaces?: string[];
      namespaceSelectors?: LabelSelector[];
      serviceSelectors?: LabelSelector[];
    };
  };
  status?: Record<string, number>;
}

export interface L2Advertisement extends KubeObject {
  spec?: {
    ipAddressPools?: string[];
    ipAddressPoolSelectors?: LabelSelector[];
    nodeSelectors?: LabelSelector[];
    serviceSelectors?: LabelSelector[];
    interfaces?: string[];
  };
}

const prefix = "metallb.io/";
const deprecatedPrefix = "metallb.universe.tf/";

/** What an annotation of MetalLB's says, under its name of today or that of before 0.14. */
export function annotation({ metadata }: KubeObject, name: string): string {
  const { annotations = {} } = metadata;
  return annotations[prefix + name] ?? annotations[deprecatedPrefix + name] ?? "";
}

export const allocatedFrom = `${prefix}ip-allocated-from-pool`;

export function deprecatedAnnotations({ metadata }: KubeObject): string[] {
  return Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith(deprecatedPrefix));
}
