import type { TarFile } from "@/lib/core/tar";
import { places } from "./places";
import type { PodRecord } from "./store";

/**
 * /etc/resolv.conf and /etc/hostname of a pod by their paths in the node, and /etc/hosts of one in its node's network:
 * that of others tells an address that they may not have yet.
 */
export function podFiles(pod: PodRecord, node: { hosts: string; resolvConf: string }): TarFile[] {
  return [
    ...(pod.netns ? [] : [file(pod, "hosts", hostsFile(pod, node.hosts))]),
    file(pod, "resolv.conf", resolvConf(pod) ?? node.resolvConf),
    file(pod, "hostname", `${pod.spec.hostname}\n`),
  ];
}

/** /etc/hosts of a pod with an address, written anew with each of its containers as the kubelet does. */
export function addressFiles(pod: PodRecord): TarFile[] {
  return pod.netns ? [file(pod, "hosts", hostsFile(pod, ""))] : [];
}

function file(pod: PodRecord, name: string, text: string): TarFile {
  return { path: `${places.podFiles(pod.podId)}/${name}`, content: Buffer.from(text), mode: 0o644 };
}

/** Follows kubelet's managed hosts file (pkg/kubelet/kubelet_pods.go). */
export function hostsFile({ spec, ips }: Pick<PodRecord, "spec" | "ips">, nodeHosts: string): string {
  const aliases = spec.hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join("\t")}\n`).join("");
  const added = aliases === "" ? "" : `\n# Entries added by HostAliases.\n${aliases}`;
  if (spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${added}`;
  const fixed = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
  ];
  const names = spec.fqdn ? `${spec.fqdn}\t${spec.hostname}` : spec.hostname;
  return [...fixed, ...ips.map((ip) => `${ip}\t${names}`), ""].join("\n") + added;
}

function resolvConf({ spec }: PodRecord): string | undefined {
  if (!spec.dns) return undefined;
  const { servers, searches, options } = spec.dns;
  return [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
    "",
  ].join("\n");
}
