import type { Node } from "@/lib/cluster/resources/types";

export interface KubeletPort {
  host: string;
  port: number;
}

/** Where a node's kubelet is reached (metrics-server pkg/scraper/client/resource/client.go); throws for one without an address. */
export function kubeletOf(
  node: Node,
  { addressTypes, port }: { addressTypes: string[]; port: number | undefined },
): KubeletPort {
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  const [host] = addressTypes.flatMap(
    (wanted) => addresses.find(({ type }) => type === wanted)?.address ?? [],
  );
  if (!host)
    throw new Error(
      `unable to extract connection information for node "${node.metadata.name}": node ${node.metadata.name} had no addresses that matched types [${addressTypes.join(" ")}]`,
    );
  return { host, port: port ?? daemonEndpoints?.kubeletEndpoint?.Port ?? 10_250 };
}
