import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Gateway, GatewayClass } from "@/lib/cluster/addons/gateway-api/types";

/** What of a data plane can be set (gateway.nginx.org/v1alpha2). */
export interface NginxProxy extends KubeObject {
  spec?: {
    kubernetes?: {
      deployment?: {
        replicas?: number;
        container?: { image?: { repository?: string; tag?: string; pullPolicy?: string } };
      };
      service?: {
        type?: string;
        externalTrafficPolicy?: string;
        nodePorts?: { port: number; listenerPort: number }[];
      };
    };
  };
}

type Find = (namespace: string, name: string) => NginxProxy | undefined;

/** Why a Gateway's own parameters cannot be used; undefined when they can or there are none. */
export function parametersProblem({ metadata, spec }: Gateway, find: Find): string | undefined {
  const reference = spec.infrastructure?.parametersRef;
  if (!reference) return undefined;
  const path = "spec.infrastructure.parametersRef";
  if (reference.group !== "gateway.nginx.org" || reference.kind !== "NginxProxy")
    return `${path}.kind: Unsupported value: "${reference.kind}": supported values: "NginxProxy"`;
  return find(metadata.namespace!, reference.name)
    ? undefined
    : `${path}.name: Not found: "${reference.name}"`;
}

/** The settings of a Gateway's data plane: its own over its class's. */
export function proxySettings(gateway: Gateway, gatewayClass: GatewayClass, find: Find) {
  const ofClass = gatewayClass.spec.parametersRef;
  const own = gateway.spec.infrastructure?.parametersRef;
  const proxies = [
    ofClass && find(ofClass.namespace ?? "", ofClass.name),
    own && find(gateway.metadata.namespace!, own.name),
  ].map((proxy) => proxy?.spec?.kubernetes);
  return {
    deployment: { ...proxies[0]?.deployment, ...proxies[1]?.deployment },
    service: { ...proxies[0]?.service, ...proxies[1]?.service },
  };
}

export type ProxySettings = ReturnType<typeof proxySettings>;
