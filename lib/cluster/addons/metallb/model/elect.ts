import { createHash } from "node:crypto";
import type { EndpointSlice, Node, Service } from "@/lib/cluster/resources/types";
import { annotation } from "../types";
import type { Advertisement, Pool } from "./read-config";

export interface Speakers {
  /** The node that asks. */
  own: string;
  /** Those whose speakers are there, by name. */
  alive: Node[];
  ignoresExclusion: boolean;
}

/**
 * On which interfaces this node announces a Service, or why it does not (metallb speaker/layer2_controller.go:
 * ShouldAnnounce). An empty list of interfaces is all of them.
 */
export function elect(
  service: Service,
  ip: string,
  pool: Pool,
  slices: EndpointSlice[],
  speakers: Speakers,
): { interfaces: string[] } | { reason: string } {
  const serving = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(canServe);
  if (serving.length === 0) return { reason: "notOwner" };
  const advertisements = pool.advertisements.filter(
    ({ serviceSelectors }) =>
      serviceSelectors.length === 0 || serviceSelectors.some((matches) => matches(service.metadata.labels)),
  );
  const isShared = annotation(service, "allow-shared-ip") !== "";
  if (isShared && advertisements.some(({ serviceSelectors }) => serviceSelectors.length > 0))
    return { reason: "sharedIPWithServiceSelector" };
  const own = advertisements.filter(({ nodes }) => nodes.has(speakers.own));
  if (own.length === 0) return { reason: "noMatchingAdvertisement" };
  const withEndpoint = new Set(serving.map(({ nodeName }) => nodeName));
  const candidates = speakers.alive
    .filter((node) => mayAnnounce(node, advertisements, speakers.ignoresExclusion))
    .map(({ metadata }) => metadata.name)
    .filter((name) => service.spec.externalTrafficPolicy !== "Local" || withEndpoint.has(name));
  const [winner] = candidates.sort((a, b) => Buffer.compare(rank(a, ip), rank(b, ip)));
  if (winner !== speakers.own) return { reason: "notOwner" };
  const isOnAll = own.some(({ interfaces }) => interfaces.length === 0);
  return { interfaces: isOnAll ? [] : [...new Set(own.flatMap(({ interfaces }) => interfaces))] };
}

const rank = (node: string, ip: string) => createHash("sha256").update(`${node}#${ip}`).digest();

function canServe({ conditions }: { conditions?: { ready?: boolean; serving?: boolean } }): boolean {
  return conditions?.serving ?? conditions?.ready ?? true;
}

function mayAnnounce(node: Node, advertisements: Advertisement[], ignoresExclusion: boolean): boolean {
  const isExcluded = node.metadata.labels?.["node.kubernetes.io/exclude-from-external-load-balancers"];
  if (isExcluded !== undefined && !ignoresExclusion) return false;
  const isCutOff = node.status?.conditions?.some(
    ({ type, status }) => type === "NetworkUnavailable" && status === "True",
  );
  return !isCutOff && advertisements.some(({ nodes }) => nodes.has(node.metadata.name));
}
