import type { Informers } from "@/lib/cluster/client/informers";
import type { ClusterFacts } from "@/lib/cluster/resources/kind";
import type { Pod } from "@/lib/cluster/resources/types";

/**
 * Keeps what the API allocates from by the flags that its static pod runs with: a changed --service-cluster-ip-range or
 * --service-node-port-range holds from the moment that the pod runs with it. Returns the release.
 */
export function followApiServerFlags(informers: Informers, podName: string, facts: ClusterFacts): () => void {
  const look = () => {
    const pod = informers.pods.get("kube-system", podName);
    if (pod?.status?.containerStatuses?.[0]?.state?.running) Object.assign(facts, factsOf(pod));
  };
  look();
  return informers.pods.onChange((now) => {
    if (now?.metadata.name === podName) look();
  });
}

/** What the flags of kube-apiserver say; nothing of what cannot be read. */
export function factsOf(pod: Pod): Partial<Pick<ClusterFacts, "serviceCidr" | "nodePortRange">> {
  const { command = [], args = [] } = pod.spec.containers[0] ?? {};
  const flag = (name: string) =>
    [...command, ...args].findLast((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? "";
  const cidr = flag("service-cluster-ip-range").split(",")[0]!;
  const [from, to] = flag("service-node-port-range").split("-").map(Number);
  const isRange = from !== undefined && to !== undefined && from > 0 && to >= from && to < 65_536;
  return {
    ...(isCidr(cidr) ? { serviceCidr: cidr } : {}),
    ...(isRange ? { nodePortRange: { from, to } } : {}),
  };
}

/** IPv4, from /12 (the API's own limit) to /30. */
function isCidr(text: string): boolean {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)?.slice(1).map(Number);
  if (!parts) return false;
  const [bits = 0] = parts.slice(4);
  return parts.slice(0, 4).every((part) => part < 256) && bits >= 12 && bits <= 30;
}
