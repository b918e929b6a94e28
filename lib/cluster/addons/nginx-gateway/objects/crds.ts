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
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        categories: ["nginx-gateway-fabric"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
          schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
        },
      ],
    },
  };
}
