import { gatewayGroup, type BackendReference, type Route } from "@/lib/cluster/addons/gateway-api/types";
import type { ServicePort } from "@/lib/cluster/resources/types";
import { isFalse, type Finding } from "./conditions";
import { backendTls } from "./backend-tls";
import type { BackendTls, Upstream } from "./configuration";
import { isGranted } from "./grants";
import type { Inputs } from "./graph";

/** The Service's port that a reference leads to, with whoever is ready behind it; or why there is none. */
export function resolveBackend(
  reference: BackendReference,
  route: Route,
  inputs: Inputs,
  path: string,
): (Upstream & { tls?: BackendTls }) | Finding {
  const { group = "", kind = "Service", name, port } = reference;
  const not = (reason: string, message: string) => isFalse("ResolvedRefs", reason, message);
  if (group !== "" && group !== "core")
    return not("InvalidKind", `${path}.group: Unsupported value: "${group}": supported values: "core", ""`);
  if (kind !== "Service")
    return not("InvalidKind", `${path}.kind: Unsupported value: "${kind}": supported values: "Service"`);
  const own = route.metadata.namespace!;
  const namespace = reference.namespace ?? own;
  const from = { group: gatewayGroup, kind: route.kind, namespace: own };
  if (!isGranted(from, { group: "", kind, namespace, name }, inputs.grants))
    return not(
      "RefNotPermitted",
      `${path}.namespace: Forbidden: Backend ref to Service ${namespace}/${name} not permitted by any ReferenceGrant`,
    );
  const service = inputs.service(namespace, name);
  if (!service) return not("BackendNotFound", `${path}.name: Not found: "${name}"`);
  if (service.spec.type === "ExternalName")
    return not("UnsupportedValue", `${path}.name: Invalid value: "${name}": it is of the type ExternalName`);
  const protocol = route.kind === "UDPRoute" ? "UDP" : "TCP";
  const found = service.spec.ports?.find((one) => one.port === port && (one.protocol ?? "TCP") === protocol);
  if (!found)
    return not(
      "BackendNotFound",
      `${path}.port: Not found: no matching port for Service ${name} and port ${port}`,
    );
  const problem = protocolProblem(route, found);
  if (problem) return not("UnsupportedProtocol", problem);
  const tls =
    route.kind === "HTTPRoute" || route.kind === "GRPCRoute"
      ? backendTls(namespace, name, found, inputs)
      : undefined;
  if (typeof tls === "string") return not("UnsupportedValue", `${path}: ${tls}`);
  return {
    name: `${namespace}_${name}_${port}`,
    endpoints: endpointsOf(namespace, name, found, inputs),
    ...(tls ? { tls } : {}),
  };
}

function protocolProblem({ kind }: Route, { appProtocol }: ServicePort): string | undefined {
  const refused: Record<string, string[]> = {
    HTTPRoute: ["kubernetes.io/h2c", "kubernetes.io/wss"],
    GRPCRoute: ["kubernetes.io/ws", "kubernetes.io/wss"],
  };
  return appProtocol && refused[kind]?.includes(appProtocol)
    ? `The Route type ${kind === "HTTPRoute" ? "http" : "grpc"} does not support service port appProtocol ${appProtocol}`
    : undefined;
}

function endpointsOf(namespace: string, name: string, port: ServicePort, inputs: Inputs): string[] {
  const protocol = port.protocol ?? "TCP";
  const found = inputs
    .slicesOf(namespace, name)
    .flatMap((slice) =>
      (slice.ports ?? [])
        .filter((one) => (one.name ?? "") === (port.name ?? "") && (one.protocol ?? "TCP") === protocol)
        .flatMap(({ port: number }) =>
          slice.endpoints
            .filter(({ conditions }) => conditions?.ready !== false)
            .flatMap(({ addresses }) =>
              addresses.map((address) => `${address.includes(":") ? `[${address}]` : address}:${number}`),
            ),
        ),
    );
  return [...new Set(found)].sort();
}
