import type { KubeObject } from "@/lib/cluster/resources/kind";

const rbac = "rbac.authorization.k8s.io";
const name = "metrics-server";
const namespace = "kube-system";
const labels = { "k8s-app": name };

export interface MetricsServerOptions {
  release: string;
  /** Without it no kubelet that signed its certificate itself, as on kubeadm's clusters, is believed. */
  kubeletInsecureTls: boolean;
}

/** What metrics-server's components.yaml installs (0.8). */
export function metricsServerObjects(options: MetricsServerOptions): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
    {
      ...clusterRole("system:aggregated-metrics-reader", [
        { apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
      ]),
      metadata: {
        name: "system:aggregated-metrics-reader",
        labels: {
          ...labels,
          ...Object.fromEntries(
            ["admin", "edit", "view"].map((role) => [`${rbac}/aggregate-to-${role}`, "true"]),
          ),
        },
      },
    },
    clusterRole("system:metrics-server", [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
    ]),
    binding("RoleBinding", "metrics-server-auth-reader", "Role", "extension-apiserver-authentication-reader"),
    binding(
      "ClusterRoleBinding",
      "metrics-server:system:auth-delegator",
      "ClusterRole",
      "system:auth-delegator",
    ),
    binding("ClusterRoleBinding", "system:metrics-server", "ClusterRole", "system:metrics-server"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace, labels },
      spec: {
        ports: [{ name: "https", appProtocol: "https", port: 443, protocol: "TCP", targetPort: "https" }],
        selector: labels,
      },
    },
    deployment(options),
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io", labels },
      spec: {
        ...{ group: "metrics.k8s.io", version: "v1beta1" },
        ...{ groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
        service: { name, namespace },
      },
    },
  ];
}

function clusterRole(roleName: string, rules: object[]): KubeObject {
  return { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: roleName, labels }, rules };
}

function binding(kind: string, bindingName: string, roleKind: string, role: string): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: bindingName, labels, ...(kind === "RoleBinding" ? { namespace } : {}) },
    roleRef: { apiGroup: rbac, kind: roleKind, name: role },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}

function deployment({ release, kubeletInsecureTls }: MetricsServerOptions): KubeObject {
  const probe = (path: string) => ({
    httpGet: { path, port: "https", scheme: "HTTPS" },
    periodSeconds: 10,
    failureThreshold: 3,
  });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          priorityClassName: "system-cluster-critical",
          nodeSelector: { "kubernetes.io/os": "linux" },
          containers: [
            {
              name,
              image: `registry.k8s.io/metrics-server/metrics-server:v${release}`,
              imagePullPolicy: "IfNotPresent",
              args: [
                "--cert-dir=/tmp",
                "--secure-port=10250",
                "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
                "--kubelet-use-node-status-port",
                "--metric-resolution=15s",
                ...(kubeletInsecureTls ? ["--kubelet-insecure-tls"] : []),
              ],
              ports: [{ name: "https", containerPort: 10_250, protocol: "TCP" }],
              livenessProbe: probe("/livez"),
              readinessProbe: { ...probe("/readyz"), initialDelaySeconds: kubeletInsecureTls ? 2 : 20 },
              resources: { requests: { cpu: "100m", memory: "200Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                runAsUser: 1000,
                seccompProfile: { type: "RuntimeDefault" },
              },
              volumeMounts: [{ name: "tmp-dir", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "tmp-dir", emptyDir: {} }],
        },
      },
    },
  };
}
