import type { EndpointSlice, Service } from "@/lib/cluster/resources/types";
import type { Registry } from "../registry/registry";
import type { RemoteService } from "./remote-service";

export interface Unavailable {
  reason: string;
  message: string;
}

/**
 * What the cluster's own objects say against a remote API; undefined when it is worth asking the server itself. Follows
 * kube-aggregator 1.34 pkg/controllers/status/remote/remote_available_controller.go.
 */
export function unavailable(registry: Registry, { config }: RemoteService): Unavailable | undefined {
  const { namespace, name, port } = config.service;
  const service = registry.read("", "services", namespace, name) as unknown as Service | undefined;
  if (!service)
    return { reason: "ServiceNotFound", message: `service/${name} in "${namespace}" is not present` };
  if ((service.spec.type ?? "ClusterIP") !== "ClusterIP") return undefined;
  const listed = service.spec.ports?.find((one) => one.port === port);
  if (!listed)
    return {
      reason: "ServicePortError",
      message: `service/${name} in "${namespace}" is not listening on port ${port}`,
    };
  const slices = (
    registry.readAll("discovery.k8s.io", "endpointslices", namespace) as unknown as EndpointSlice[]
  ).filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
  if (slices.length === 0)
    return {
      reason: "EndpointsNotFound",
      message: `cannot find endpointslices for service/${name} in "${namespace}"`,
    };
  const portName = listed.name ?? "";
  const isServed = slices.some(
    ({ endpoints, ports }) =>
      (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) &&
      (ports ?? []).some((one) => (one.name ?? "") === portName && one.port !== undefined),
  );
  return isServed
    ? undefined
    : {
        reason: "MissingEndpoints",
        message: `endpointslices for service/${name} in "${namespace}" have no addresses with port name "${portName}"`,
      };
}
