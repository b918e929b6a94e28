import type { IngressBackend, Service, ServicePort } from "@/lib/cluster/resources/types";
import type { Lookup } from "./lookup";

type ServiceBackend = NonNullable<IngressBackend["service"]>;

export function upstreamName(namespace: string, { name, port }: ServiceBackend): string {
  return `${namespace}-${name}-${port?.name ?? port?.number ?? ""}`;
}

/** "address:port" of whoever is ready behind a Service's port; of the Service itself when that is asked for. */
export function endpointsOf(
  namespace: string,
  backend: ServiceBackend,
  lookup: Lookup,
  { byService }: { byService: boolean },
): string[] {
  const service = lookup.service(namespace, backend.name);
  if (!service) return [];
  const port = portOf(service, backend);
  if (service.spec.type === "ExternalName") {
    const number = port?.port ?? backend.port?.number;
    return number === undefined ? [] : [`${service.spec.externalName}:${number}`];
  }
  if (!port) return [];
  if (byService) return service.spec.clusterIP ? [`${service.spec.clusterIP}:${port.port}`] : [];
  const found = lookup
    .slicesOf(namespace, backend.name)
    .flatMap((slice) =>
      (slice.ports ?? [])
        .filter(({ name, protocol }) => (name ?? "") === (port.name ?? "") && (protocol ?? "TCP") === "TCP")
        .flatMap(({ port: number }) =>
          slice.endpoints
            .filter(({ conditions }) => conditions?.ready !== false)
            .flatMap(({ addresses }) => addresses.map((address) => `${bracketed(address)}:${number}`)),
        ),
    );
  return [...new Set(found)].sort();
}

/** By name or number; a number may also be the target port, as upstream allows. */
function portOf(service: Service, { port }: ServiceBackend): ServicePort | undefined {
  const ports = service.spec.ports ?? [];
  if (port?.name !== undefined) return ports.find(({ name }) => name === port.name);
  return (
    ports.find(({ port: number }) => number === port?.number) ??
    ports.find(({ targetPort }) => targetPort === port?.number)
  );
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
