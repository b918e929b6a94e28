import { isIPv4 } from "node:net";
import type { Labels } from "@/lib/cluster/client/label-selector";
import type { Namespace, NetworkPolicy, Pod } from "@/lib/cluster/resources/types";

/** What NetworkPolicies are about, of the whole cluster. */
export interface PolicyView {
  policies: NetworkPolicy[];
  namespaces: Namespace[];
  pods: PolicyPod[];
}

/** A pod with a network namespace of its own that has not ended: policies neither apply to others nor select them. */
export interface PolicyPod {
  namespace: string;
  name: string;
  labels: Labels;
  serviceAccount: string;
  node: string | undefined;
  /** Absent until its network is made. */
  ip: string | undefined;
  ports: { name: string; protocol: string; port: number }[];
}

/** Undefined for a pod that policies do not know. */
export function policyPodOf({ metadata, spec, status }: Pod): PolicyPod | undefined {
  if (spec.hostNetwork || status?.phase === "Succeeded" || status?.phase === "Failed") return undefined;
  const ip = status?.podIP;
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    labels: metadata.labels,
    serviceAccount: spec.serviceAccountName ?? "default",
    node: spec.nodeName,
    ip: ip && isIPv4(ip) ? ip : undefined,
    ports: [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, protocol = "TCP", containerPort }) =>
        name ? [{ name, protocol, port: containerPort }] : [],
      ),
    ),
  };
}
