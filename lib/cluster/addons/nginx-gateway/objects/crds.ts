import { customResource } from "@/lib/cluster/addons/crds";
import type { KubeObject } from "@/lib/cluster/resources/kind";

const group = "gateway.nginx.org";

/** The fabric's own definitions, open: what of them counts is read by the controller. */
export function fabricCrds(major: 1 | 2): KubeObject[] {
  const proxies =
    major === 1
      ? definition("NginxProxy", "nginxproxies", "Cluster", "v1alpha1")
      : definition("NginxProxy", "nginxproxies", "Namespaced", "v1alpha2");
  return [
    definition("ClientSettingsPolicy", "clientsettingspolicies", "Namespaced", "v1alpha1"),
    definition("NginxGateway", "nginxgateways", "Namespaced", "v1alpha1"),
    proxies,
    definition("ObservabilityPolicy", "observabilitypolicies", "Namespaced", "v1alpha2"),
    definition("SnippetsFilter", "snippetsfilters", "Namespaced", "v1alpha1"),
    definition("UpstreamSettingsPolicy", "upstreamsettingspolicies", "Namespaced", "v1alpha1"),
  ];
}

function definition(kind: string, plural: string, scope: string, version: string): KubeObject {
  return customResource({ group, version }, kind, plural, scope, {
    names: { categories: ["nginx-gateway-fabric"] },
    version: {
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
    },
  });
}
