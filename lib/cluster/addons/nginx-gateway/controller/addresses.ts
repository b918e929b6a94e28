import type { Pod, Service } from "@/lib/cluster/resources/types";

export interface Address {
  type: "IPAddress" | "Hostname";
  value: string;
}

/** Where a Gateway is reached through its Service; without a load balancer at the pod (1.x) or the cluster's address (2.x). */
export function addressesOf(service: Service | undefined, pod: Pod | undefined): Address[] {
  if (service?.spec.type === "LoadBalancer")
    return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }): Address[] =>
      ip ? [{ type: "IPAddress", value: ip }] : hostname ? [{ type: "Hostname", value: hostname }] : [],
    );
  const value = pod ? pod.status?.podIP : service?.spec.clusterIP;
  return value && value !== "None" ? [{ type: "IPAddress", value }] : [];
}
