import type { Pod } from "@/lib/cluster/resources/types";

export interface DnsConfig {
  servers: string[];
  searches: string[];
  options: string[];
}

/** The pod's resolv.conf (kubernetes 1.34 pkg/kubelet/network/dns/dns.go: GetPodDNS). */
export function podDnsOf(
  pod: Pod,
  cluster: { dnsIp: string; domain: string },
  nodeDns: DnsConfig,
): DnsConfig {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst";
  const isClusterDns =
    policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !pod.spec.hostNetwork);
  const base: DnsConfig = isClusterDns
    ? {
        servers: [cluster.dnsIp],
        searches: [
          `${pod.metadata.namespace}.svc.${cluster.domain}`,
          `svc.${cluster.domain}`,
          cluster.domain,
          ...nodeDns.searches,
        ],
        options: ["ndots:5"],
      }
    : policy === "None"
      ? { servers: [], searches: [], options: [] }
      : nodeDns;
  const extra = pod.spec.dnsConfig;
  if (!extra) return base;
  const extraOptions = (extra.options ?? []).map(({ name, value }) => (value ? `${name}:${value}` : name!));
  const overridden = new Set((extra.options ?? []).map(({ name }) => name));
  return {
    servers: [...new Set([...base.servers, ...(extra.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(extra.searches ?? [])])],
    options: [...base.options.filter((option) => !overridden.has(option.split(":")[0])), ...extraOptions],
  };
}
