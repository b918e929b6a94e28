import { gatewayGroup, type Listener, type RouteKind } from "@/lib/cluster/addons/gateway-api/types";
import { isFalse, type Finding } from "./conditions";

const kindsByProtocol: Record<string, string[]> = {
  HTTP: ["HTTPRoute", "GRPCRoute"],
  HTTPS: ["HTTPRoute", "GRPCRoute"],
  TLS: ["TLSRoute"],
  TCP: ["TCPRoute"],
  UDP: ["UDPRoute"],
};

/** Protocols for which any of the watched kinds can be attached. */
export function supportedProtocols(routeKinds: string[]): string[] {
  return Object.keys(kindsByProtocol).filter((protocol) =>
    kindsByProtocol[protocol]!.some((kind) => routeKinds.includes(kind)),
  );
}

/** What may be attached to a listener by its protocol and what it allows itself, and which it cannot allow. */
export function supportedKinds(
  { protocol, allowedRoutes }: Listener,
  routeKinds: string[],
): { kinds: RouteKind[]; findings: Finding[] } {
  const possible = (kindsByProtocol[protocol] ?? []).filter((kind) => routeKinds.includes(kind));
  const asked = allowedRoutes?.kinds;
  if (!asked || asked.length === 0)
    return { kinds: possible.map((kind) => ({ group: gatewayGroup, kind })), findings: [] };
  const isPossible = ({ group = gatewayGroup, kind }: RouteKind) =>
    group === gatewayGroup && possible.includes(kind);
  const wrong = asked.find((one) => !isPossible(one));
  return {
    kinds: asked.filter(isPossible).map(({ kind }) => ({ group: gatewayGroup, kind })),
    findings: wrong
      ? [
          isFalse(
            "ResolvedRefs",
            "InvalidRouteKinds",
            `Unsupported route kind for protocol ${protocol} "${wrong.group ?? gatewayGroup}/${wrong.kind}"`,
          ),
        ]
      : [],
  };
}
