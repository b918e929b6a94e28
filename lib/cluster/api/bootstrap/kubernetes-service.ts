import type { KubeObject } from "@/lib/cluster/resources/kind";

/** The `kubernetes` Service and where it leads: upstream's API server keeps them (pkg/controlplane/reconcilers). */
export function kubernetesService(server: {
  /** The first address of the service range. */
  serviceIp: string;
  /** Where the API server listens. */
  endpointIp: string;
  port: number;
}): KubeObject[] {
  const metadata = { name: "kubernetes", namespace: "default" };
  const port = { name: "https", port: server.port, protocol: "TCP" };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, labels: { component: "apiserver", provider: "kubernetes" } },
      spec: {
        type: "ClusterIP",
        clusterIP: server.serviceIp,
        clusterIPs: [server.serviceIp],
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        sessionAffinity: "None",
        ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: server.port }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { ...metadata, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
      subsets: [{ addresses: [{ ip: server.endpointIp }], ports: [port] }],
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kubernetes" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [server.endpointIp], conditions: { ready: true } }],
      ports: [port],
    },
  ];
}
