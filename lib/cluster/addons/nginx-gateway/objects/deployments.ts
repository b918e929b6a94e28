import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { FabricOptions } from "./fabric";

type Metadata = KubeObject["metadata"];
const image = (release: string, suffix = "") => `ghcr.io/nginx/nginx-gateway-fabric${suffix}:${release}`;
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const identity = [
  field("POD_NAMESPACE", "metadata.namespace"),
  field("POD_NAME", "metadata.name"),
  field("POD_UID", "metadata.uid"),
];
const security = (uid: number, add: string[] = []) => ({
  capabilities: { drop: ["ALL"], ...(add.length > 0 ? { add } : {}) },
  readOnlyRootFilesystem: true,
  runAsGroup: 1001,
  runAsUser: uid,
  seccompProfile: { type: "RuntimeDefault" },
});
const podSecurity = { fsGroup: 1001, runAsNonRoot: true };

function flags(command: string, { name, isExperimental }: FabricOptions, ...more: string[]): string[] {
  return [
    command,
    "--gateway-ctlr-name=gateway.nginx.org/nginx-gateway-controller",
    "--gatewayclass=nginx",
    `--config=${name}-config`,
    `--service=${name}`,
    ...more,
    ...(isExperimental ? ["--gateway-api-experimental-features"] : []),
    "--metrics-port=9113",
    "--health-port=8081",
    `--leader-election-lock-name=${name}-leader-election`,
  ];
}

const probe = {
  httpGet: { path: "/readyz", port: "health" },
  initialDelaySeconds: 3,
  periodSeconds: 1,
};
const ownPorts = [
  { containerPort: 9113, name: "metrics" },
  { containerPort: 8081, name: "health" },
];

function deployment(metadata: Metadata, selector: object, spec: object): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: selector },
      template: {
        metadata: {
          annotations: { "prometheus.io/port": "9113", "prometheus.io/scrape": "true" },
          labels: selector,
        },
        spec: { securityContext: podSecurity, terminationGracePeriodSeconds: 30, ...spec },
      },
    },
  };
}

const shared = {
  "nginx-conf": "/etc/nginx/conf.d",
  "nginx-stream-conf": "/etc/nginx/stream-conf.d",
  "nginx-main-includes": "/etc/nginx/main-includes",
  "nginx-secrets": "/etc/nginx/secrets",
  "nginx-run": "/var/run/nginx",
  "nginx-includes": "/etc/nginx/includes",
};
const mounts = (volumes: Record<string, string>) =>
  Object.entries(volumes).map(([name, mountPath]) => ({ name, mountPath }));

/** 1.x: controller and nginx in one pod, which share what the one writes and the other reads. */
export function nginxDeployment(options: FabricOptions, metadata: Metadata, selector: object): KubeObject {
  const { name, release } = options;
  const ofNginx = { ...shared, "nginx-cache": "/var/cache/nginx" };
  const bootstrap = `${name}-includes-bootstrap`;
  return deployment(metadata, selector, {
    serviceAccountName: name,
    shareProcessNamespace: true,
    initContainers: [
      {
        name: "init",
        image: image(release),
        command: [
          ...["/usr/bin/gateway", "initialize"],
          ...["--source", "/includes/main.conf", "--destination", "/etc/nginx/main-includes"],
        ],
        env: [field("POD_UID", "metadata.uid")],
        securityContext: security(102, ["KILL"]),
        volumeMounts: mounts({ [bootstrap]: "/includes", "nginx-main-includes": "/etc/nginx/main-includes" }),
      },
    ],
    containers: [
      {
        name: "nginx-gateway",
        image: image(release),
        args: flags("static-mode", options),
        env: [field("POD_IP", "status.podIP"), ...identity],
        ports: ownPorts,
        readinessProbe: probe,
        securityContext: { allowPrivilegeEscalation: false, ...security(102, ["KILL"]) },
        volumeMounts: mounts(shared),
      },
      {
        name: "nginx",
        image: image(release, "/nginx"),
        ports: [
          { containerPort: 80, name: "http" },
          { containerPort: 443, name: "https" },
        ],
        securityContext: security(101, ["NET_BIND_SERVICE"]),
        volumeMounts: mounts(ofNginx),
      },
    ],
    volumes: [
      ...Object.keys(ofNginx).map((volume) => ({ name: volume, emptyDir: {} })),
      { name: bootstrap, configMap: { name: bootstrap } },
    ],
  });
}

/** 2.x: the controller alone. */
export function controllerDeployment(
  options: FabricOptions,
  metadata: Metadata,
  selector: object,
): KubeObject {
  const { name, release } = options;
  return deployment(metadata, selector, {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    containers: [
      {
        name: "nginx-gateway",
        image: image(release),
        args: flags("controller", options, "--agent-tls-secret=agent-tls"),
        env: [
          ...identity,
          field("INSTANCE_NAME", "metadata.labels['app.kubernetes.io/instance']"),
          { name: "IMAGE_NAME", value: image(release) },
        ],
        ports: [{ containerPort: 8443, name: "agent-grpc" }, ...ownPorts],
        readinessProbe: probe,
        securityContext: { allowPrivilegeEscalation: false, ...security(101) },
        volumeMounts: mounts({ "nginx-agent-tls": "/var/run/secrets/ngf" }),
      },
    ],
    volumes: [{ name: "nginx-agent-tls", secret: { secretName: "server-tls" } }],
  });
}

/** 2.x: makes the Secrets that the controller waits for. */
export function certificateJob({ name, release }: FabricOptions, metadata: Metadata): KubeObject {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata,
    spec: {
      ttlSecondsAfterFinished: 30,
      template: {
        spec: {
          serviceAccountName: metadata.name,
          automountServiceAccountToken: true,
          restartPolicy: "Never",
          securityContext: podSecurity,
          containers: [
            {
              name: "cert-generator",
              image: image(release),
              args: [
                "generate-certs",
                `--service=${name}`,
                "--cluster-domain=cluster.local",
                "--server-tls-secret=server-tls",
                "--agent-tls-secret=agent-tls",
              ],
              env: [field("POD_NAMESPACE", "metadata.namespace")],
              securityContext: { allowPrivilegeEscalation: false, ...security(101) },
            },
          ],
        },
      },
    },
  };
}
