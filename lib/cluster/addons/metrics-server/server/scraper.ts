import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { runtimeUid } from "@/lib/cluster/node/pod-identity";
import type { Node } from "@/lib/cluster/resources/types";
import { parseMetrics, type ScrapedNode } from "../model/parse-metrics";
import { kubeletOf } from "./kubelets";
import { scrape, type KubeletAccess } from "./scrape";

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const scrapeTimeoutMs = 10_000;

export interface ScraperOptions {
  addressTypes: string[];
  /** Undefined: what the node's status says. */
  port: number | undefined;
  ca: string | undefined;
}

/** Asks every node's kubelet, from the pod's own network and with its ServiceAccount's token. */
export async function scrapeAll(
  session: AgentSession,
  nodes: Node[],
  options: ScraperOptions,
  onFailure: (node: string, failure: Error) => void,
): Promise<Map<string, ScrapedNode>> {
  const token = (await session.readFile(tokenPath)).trim();
  const access: KubeletAccess = { token, ca: options.ca };
  const scraped = await Promise.all(
    nodes.map(async (node): Promise<[string, ScrapedNode][]> => {
      try {
        const found = await scrapeOne(session, node, options, access);
        return [[node.metadata.name, found]];
      } catch (failure) {
        onFailure(node.metadata.name, failure as Error);
        return [];
      }
    }),
  );
  return new Map(scraped.flat());
}

async function scrapeOne(
  session: AgentSession,
  node: Node,
  options: ScraperOptions,
  access: KubeletAccess,
): Promise<ScrapedNode> {
  const { pod } = session.identity;
  const uid = pod && !pod.spec.hostNetwork ? runtimeUid(pod) : undefined;
  const dial = (address: string) => session.node.dial(address, uid);
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(scrapeTimeoutMs)]);
  const found = parseMetrics(await scrape(dial, kubeletOf(node, options), access, signal));
  if (!found) throw new Error(`Got empty metrics for node`);
  return found;
}
