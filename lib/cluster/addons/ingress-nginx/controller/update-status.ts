import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Ingress, LoadBalancerIngress, Node, Pod, Service } from "@/lib/cluster/resources/types";

/** Where the published Service is reached (ingress-nginx, statusAddressFromService). */
export function addressesOfService({ spec, status }: Service): LoadBalancerIngress[] {
  const external = (spec.externalIPs ?? []).map((ip) => ({ ip }));
  switch (spec.type) {
    case "ExternalName":
      return [{ hostname: spec.externalName ?? "" }];
    case "LoadBalancer": {
      const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({
        ...(ip ? { ip } : {}),
        ...(hostname ? { hostname } : {}),
      }));
      return [...given, ...external.filter(({ ip }) => !given.some((one) => "ip" in one && one.ip === ip))];
    }
    case "NodePort":
      return external.length > 0 ? external : [{ ip: spec.clusterIP! }];
    default:
      return spec.clusterIP ? [{ ip: spec.clusterIP }] : [];
  }
}

/** Without such a Service: the nodes that ready controllers run on, by their external address where there is one. */
export function addressesOfNodes(
  pods: Pod[],
  nodeNamed: (name: string) => Node | undefined,
  reportsInternalIp: boolean,
): LoadBalancerIngress[] {
  const ready = pods.filter(
    ({ status }) =>
      status?.phase === "Running" &&
      status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
  );
  const ips = ready.flatMap(({ spec }) => {
    const addresses = nodeNamed(spec.nodeName ?? "")?.status?.addresses ?? [];
    const of = (wanted: string) =>
      addresses.filter(({ type }) => type === wanted).map(({ address }) => address);
    const external = of("ExternalIP");
    return reportsInternalIp || external.length === 0 ? of("InternalIP") : external;
  });
  return [...new Set(ips)].sort().map((ip) => ({ ip }));
}

/** Writes the addresses into every Ingress that has others. */
export async function updateStatus(
  client: ClusterClient,
  ingresses: Ingress[],
  addresses: LoadBalancerIngress[],
): Promise<void> {
  const wanted = JSON.stringify(addresses);
  for (const ingress of ingresses) {
    if (JSON.stringify(ingress.status?.loadBalancer?.ingress ?? []) === wanted) continue;
    await client
      .updateStatus(refs.ingresses, { ...ingress, status: { loadBalancer: { ingress: addresses } } })
      .catch((failure: unknown) => {
        // It has changed or gone meanwhile: whatever did that calls again.
        if (!isConflict(failure) && !isNotFound(failure)) throw failure;
      });
  }
}
