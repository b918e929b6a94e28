import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Gateway } from "@/lib/cluster/addons/gateway-api/types";
import type { ProxySettings } from "./nginx-proxy";
import type { ControllerOptions } from "./options";

export const gatewayLabel = "gateway.networking.k8s.io/gateway-name";

/** What a Gateway's objects are called. */
export const dataPlaneName = (gateway: Gateway, className: string) => `${gateway.metadata.name}-${className}`;

/** What 2.x makes for each Gateway: an nginx with an agent, and the Service before it (provisioner/objects.go). */
export function dataPlaneObjects(
  gateway: Gateway,
  settings: ProxySettings,
  options: ControllerOptions,
  controllerNamespace: string,
): KubeObject[] {
  const name = dataPlaneName(gateway, options.className);
  const { infrastructure } = gateway.spec;
  const selector = {
    "app.kubernetes.io/instance": "nginx-gateway",
    "app.kubernetes.io/managed-by": "nginx-gateway-nginx",
    "app.kubernetes.io/name": name,
    [gatewayLabel]: gateway.metadata.name,
  };
  const labels = { ...infrastructure?.labels, ...selector };
  const metadata = (own = name) => ({
    name: own,
    namespace: gateway.metadata.namespace!,
    labels,
    ...(infrastructure?.annotations ? { annotations: infrastructure.annotations } : {}),
    ownerReferences: [
      {
        apiVersion: gateway.apiVersion,
        kind: "Gateway",
        name: gateway.metadata.name,
        uid: gateway.metadata.uid!,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
  const ports = portsOf(gateway);
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: metadata(`${name}-includes-bootstrap`),
      data: { "main.conf": "error_log stderr info;\n" },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: metadata(`${name}-agent-config`),
      data: {
        "nginx-agent.conf": `command:\n    server:\n        host: ${options.serviceName}.${controllerNamespace}.svc\n        port: 443\n`,
      },
    },
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: metadata(),
      automountServiceAccountToken: false,
    },
    service(metadata(), ports, selector, settings),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: metadata(),
      spec: {
        ...(settings.deployment.replicas === undefined ? {} : { replicas: settings.deployment.replicas }),
        selector: { matchLabels: selector },
        template: {
          metadata: { labels },
          spec: podSpec(name, ports, settings, options),
        },
      },
    },
  ];
}

interface Port {
  port: number;
  protocol: "TCP" | "UDP";
}

function portsOf({ spec }: Gateway): Port[] {
  const ports = new Map(
    spec.listeners.map(({ port, protocol }): [string, Port] => {
      const one: Port = { port, protocol: protocol === "UDP" ? "UDP" : "TCP" };
      return [`${one.protocol} ${port}`, one];
    }),
  );
  return [...ports.values()].sort((a, b) => a.port - b.port);
}

/** A number that TCP and UDP share has a name for each. */
function portName({ port, protocol }: Port, all: Port[]): string {
  const isShared = all.filter((other) => other.port === port).length > 1;
  return `port-${port}${isShared ? `-${protocol.toLowerCase()}` : ""}`;
}

function service(
  metadata: KubeObject["metadata"],
  ports: Port[],
  selector: Record<string, string>,
  { service: wanted }: ProxySettings,
): KubeObject {
  const type = wanted.type ?? "LoadBalancer";
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      type,
      ...(type === "ClusterIP" ? {} : { externalTrafficPolicy: wanted.externalTrafficPolicy ?? "Local" }),
      selector,
      ports: ports.map((one) => {
        const nodePort = wanted.nodePorts?.find(({ listenerPort }) => listenerPort === one.port)?.port;
        return {
          name: portName(one, ports),
          port: one.port,
          targetPort: one.port,
          protocol: one.protocol,
          ...(nodePort === undefined || type === "ClusterIP" ? {} : { nodePort }),
        };
      }),
    },
  };
}

const volumes = {
  "nginx-conf": "/etc/nginx/conf.d",
  "nginx-stream-conf": "/etc/nginx/stream-conf.d",
  "nginx-main-includes": "/etc/nginx/main-includes",
  "nginx-secrets": "/etc/nginx/secrets",
  "nginx-run": "/var/run/nginx",
  "nginx-cache": "/var/cache/nginx",
  "nginx-includes": "/etc/nginx/includes",
  "nginx-agent": "/etc/nginx-agent",
};

function podSpec(name: string, ports: Port[], { deployment }: ProxySettings, options: ControllerOptions) {
  const image = deployment.container?.image;
  const ngf = options.image.replace(/:[^:/]*$/, "");
  const security = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
    runAsGroup: 1001,
    runAsUser: 101,
    seccompProfile: { type: "RuntimeDefault" },
  };
  const pullPolicy = { imagePullPolicy: image?.pullPolicy ?? "IfNotPresent" };
  return {
    serviceAccountName: name,
    securityContext: {
      fsGroup: 1001,
      runAsNonRoot: true,
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    },
    initContainers: [
      {
        name: "init",
        image: options.image,
        ...pullPolicy,
        command: [
          ...["/usr/bin/gateway", "initialize"],
          ...["--source", "/agent/nginx-agent.conf", "--destination", "/etc/nginx-agent"],
          ...["--source", "/includes/main.conf", "--destination", "/etc/nginx/main-includes"],
        ],
        securityContext: security,
        volumeMounts: [
          // By it the process is known to be of this pod.
          { name: "token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
          { name: "nginx-agent-config", mountPath: "/agent" },
          { name: "nginx-agent", mountPath: "/etc/nginx-agent" },
          { name: "nginx-includes-bootstrap", mountPath: "/includes" },
          { name: "nginx-main-includes", mountPath: "/etc/nginx/main-includes" },
        ],
      },
    ],
    containers: [
      {
        name: "nginx",
        image: `${image?.repository ?? `${ngf}/nginx`}:${image?.tag ?? options.version}`,
        ...pullPolicy,
        ports: ports.map((one) => ({
          name: portName(one, ports),
          containerPort: one.port,
          protocol: one.protocol,
        })),
        securityContext: security,
        volumeMounts: [
          { name: "token", mountPath: "/var/run/secrets/ngf/serviceaccount" },
          ...Object.entries(volumes).map(([volume, mountPath]) => ({ name: volume, mountPath })),
        ],
      },
    ],
    volumes: [
      {
        name: "token",
        projected: { sources: [{ serviceAccountToken: { path: "token" } }] },
      },
      ...Object.keys(volumes).map((volume) => ({ name: volume, emptyDir: {} })),
      { name: "nginx-agent-config", configMap: { name: `${name}-agent-config` } },
      { name: "nginx-includes-bootstrap", configMap: { name: `${name}-includes-bootstrap` } },
    ],
  };
}
