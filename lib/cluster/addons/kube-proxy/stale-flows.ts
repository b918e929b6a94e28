import type { AddonNode } from "../addon";
import { clusterEndpoints, localEndpoints, type ServicePortInfo } from "./service-ports";

interface Flow {
  source: string;
  sourcePort: string;
  destination: string;
  destinationPort: string;
  /** Who answers: the endpoint that the flow was led to. */
  endpoint: string;
}

/**
 * UDP has no end that the kernel could see: a flow to an endpoint that is gone would go on being led there. Removes
 * those from the node's connection tracking (pkg/proxy/conntrack/cleanup.go: CleanStaleEntries).
 */
export class StaleFlows {
  #places = new Map<string, Set<string>>();

  constructor(private readonly node: Pick<AddonNode, "name" | "exec">) {}

  /** Looks only when a UDP Service has lost an endpoint, or got its first since the last call. */
  async clean(ports: ServicePortInfo[]): Promise<void> {
    const places = placesOf(ports, this.node.name);
    if (![...places].some(([place, endpoints]) => canMakeStale(this.#places.get(place), endpoints))) {
      this.#places = places;
      return;
    }
    const { exitCode, stdout } = await this.node.exec(["conntrack", "-L", "-p", "udp"]);
    if (exitCode !== 0) return;
    const stale = parseFlows(stdout).filter(({ destination, destinationPort, endpoint }) => {
      const endpoints = places.get(`${destination}:${destinationPort}`) ?? places.get(`:${destinationPort}`);
      return endpoints && !endpoints.has(endpoint);
    });
    const lines = stale.map(
      ({ source, sourcePort, destination, destinationPort }) =>
        `${source} ${sourcePort} ${destination} ${destinationPort}\n`,
    );
    if (lines.length > 0) await this.node.exec(["sh", "-c", remove], lines.join(""));
    this.#places = places;
  }
}

const remove = `
while read -r source sport destination dport; do
  conntrack -D -p udp --orig-src "$source" --sport "$sport" --orig-dst "$destination" --dport "$dport"
done >/dev/null 2>&1
exit 0
`;

function canMakeStale(before: Set<string> | undefined, now: Set<string>): boolean {
  if (before === undefined || before.size === 0) return now.size > 0;
  return [...before].some((endpoint) => !now.has(endpoint));
}

/** The endpoints behind each address of a UDP Service; a node port is every address's, ":30053". */
function placesOf(ports: ServicePortInfo[], nodeName: string): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>();
  for (const info of ports) {
    if (info.protocol !== "udp") continue;
    const endpoints = new Set(
      [...clusterEndpoints(info), ...localEndpoints(info, nodeName)].map(({ ip, port }) => `${ip}:${port}`),
    );
    for (const ip of [info.clusterIp, ...info.externalIps, ...info.loadBalancerIps])
      places.set(`${ip}:${info.port}`, endpoints);
    if (info.nodePort) places.set(`:${info.nodePort}`, endpoints);
  }
  return places;
}

/** `conntrack -L`: the flow's direction first, then that of the answers. */
export function parseFlows(text: string): Flow[] {
  return text.split("\n").flatMap((line) => {
    const values = (name: string) =>
      [...line.matchAll(new RegExp(`\\b${name}=(\\S+)`, "g"))].map(([, value]) => value!);
    const [source, endpointIp] = values("src");
    const [sourcePort, endpointPort] = values("sport");
    const [destination] = values("dst");
    const [destinationPort] = values("dport");
    if (!source || !sourcePort || !destination || !destinationPort || !endpointIp || !endpointPort) return [];
    return [{ source, sourcePort, destination, destinationPort, endpoint: `${endpointIp}:${endpointPort}` }];
  });
}
