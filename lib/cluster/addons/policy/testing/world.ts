import type { Namespace, NetworkPolicy } from "@/lib/cluster/resources/types";
import type { PolicyPod, PolicyView } from "../view";

/** A small cluster for tests of policies: pods with addresses on nodes with addresses. */
export interface World {
  namespaces: { name: string; labels: Record<string, string> }[];
  pods: (PolicyPod & { ip: string; node: string })[];
  nodes: { name: string; ip: string }[];
  policies: NetworkPolicy[];
}

export interface Connection {
  /** Addresses: of a pod, a node, or somebody else. */
  from: string;
  to: string;
  protocol: "tcp" | "udp" | "sctp";
  port: number;
}

export function viewOf({ namespaces, pods, policies }: World): PolicyView {
  return {
    policies,
    pods,
    namespaces: namespaces.map(
      ({ name, labels }) => ({ metadata: { name, labels } }) as unknown as Namespace,
    ),
  };
}
