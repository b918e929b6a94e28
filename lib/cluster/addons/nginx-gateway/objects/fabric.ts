import type { KubeObject } from "@/lib/cluster/resources/kind";
import { accounts } from "./accounts";
import { certificateJob, controllerDeployment, nginxDeployment } from "./deployments";

export interface FabricOptions {
  /** "1.6.2", "2.2.0". */
  release: string;
  serviceType: "NodePort" | "LoadBalancer" | "ClusterIP";
  httpNodePort?: number | undefined;
  httpsNodePort?: number | undefined;
  /** With the rights and the flag for routes of connections. */
  isExperimental?: boolean | undefined;
  namespace: string;
  /** Of the controller and what belongs to it. */
  name: string;
}

export const majorOf = (release: string): 1 | 2 => (release.startsWith("1.") ? 1 : 2);

/** What NGINX Gateway Fabric's deploy.yaml installs, in 1.x with nginx beside the controller, in 2.x without. */
export function fabricObjects(options: FabricOptions): KubeObject[] {
  const { namespace, name, release } = options;
  const labels = {
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/version": release,
  };
  const selector = { "app.kubernetes.io/instance": name, "app.kubernetes.io/name": name };
  const metadata = (own = name) => ({ name: own, namespace, labels });
  const isStatic = majorOf(release) === 1;
  return [
    ...accounts(options, labels),
    ...(isStatic
      ? [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: metadata(`${name}-includes-bootstrap`),
            data: { "main.conf": "error_log stderr info;\n" },
          },
        ]
      : []),
    service(options, metadata(), selector),
    isStatic
      ? nginxDeployment(options, metadata(), selector)
      : controllerDeployment(options, metadata(), selector),
    ...(isStatic ? [] : [certificateJob(options, metadata(`${name}-cert-generator`))]),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: "nginx", labels },
      spec: {
        controllerName: "gateway.nginx.org/nginx-gateway-controller",
        ...(isStatic
          ? {}
          : {
              parametersRef: {
                group: "gateway.nginx.org",
                kind: "NginxProxy",
                name: `${name}-proxy-config`,
                namespace,
              },
            }),
      },
    },
    {
      apiVersion: "gateway.nginx.org/v1alpha1",
      kind: "NginxGateway",
      metadata: metadata(`${name}-config`),
      spec: { logging: { level: "info" } },
    },
    ...(isStatic ? [] : [proxy(options, metadata(`${name}-proxy-config`))]),
  ];
}

function service(options: FabricOptions, metadata: KubeObject["metadata"], selector: object): KubeObject {
  const { serviceType, httpNodePort, httpsNodePort, release } = options;
  const port = (name: string, number: number, nodePort: number | undefined) => ({
    name,
    port: number,
    protocol: "TCP",
    targetPort: number,
    ...(nodePort === undefined || serviceType === "ClusterIP" ? {} : { nodePort }),
  });
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec:
      majorOf(release) === 1
        ? {
            type: serviceType,
            ...(serviceType === "ClusterIP" ? {} : { externalTrafficPolicy: "Local" }),
            selector,
            ports: [port("http", 80, httpNodePort), port("https", 443, httpsNodePort)],
          }
        : {
            type: "ClusterIP",
            selector,
            ports: [{ name: "agent-grpc", port: 443, protocol: "TCP", targetPort: 8443 }],
          },
  };
}

/** How the data planes of 2.x are made. */
function proxy(options: FabricOptions, metadata: KubeObject["metadata"]): KubeObject {
  const { release, serviceType, httpNodePort, httpsNodePort } = options;
  const nodePorts = [
    { listenerPort: 80, port: httpNodePort },
    { listenerPort: 443, port: httpsNodePort },
  ].filter(({ port }) => port !== undefined);
  return {
    apiVersion: "gateway.nginx.org/v1alpha2",
    kind: "NginxProxy",
    metadata,
    spec: {
      kubernetes: {
        deployment: {
          replicas: 1,
          container: {
            image: {
              repository: "ghcr.io/nginx/nginx-gateway-fabric/nginx",
              tag: release,
              pullPolicy: "IfNotPresent",
            },
          },
        },
        service: {
          type: serviceType,
          externalTrafficPolicy: "Local",
          ...(nodePorts.length > 0 ? { nodePorts } : {}),
        },
      },
    },
  };
}
