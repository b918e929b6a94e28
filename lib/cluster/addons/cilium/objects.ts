import type { KubeObject } from "@/lib/cluster/resources/kind";

const rbac = "rbac.authorization.k8s.io";
const namespace = "kube-system";
const version = "v1.15.6";
const agentImage = `quay.io/cilium/cilium:${version}`;

/** What Cilium's chart (1.15, its defaults) gives a cluster, as far as agents here use it; names, images and rights as there. */
export function ciliumObjects(ipam: "cluster-pool" | "kubernetes", pool: string): KubeObject[] {
  return [
    ...["cilium", "cilium-operator"].map((name) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    })),
    configMap(ipam, pool),
    ...clusterRole("cilium", agentRules),
    ...clusterRole("cilium-operator", operatorRules),
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: "cilium-config-agent", namespace },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "cilium-config-agent", namespace },
      roleRef: { apiGroup: rbac, kind: "Role", name: "cilium-config-agent" },
      subjects: [{ kind: "ServiceAccount", name: "cilium", namespace }],
    },
    daemonSet(),
    operator(),
  ];
}

function clusterRole(name: string, rules: object[]): KubeObject[] {
  return [
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

const read = ["get", "list", "watch"];
const own = (resources: string[], verbs: string[]) => ({ apiGroups: ["cilium.io"], resources, verbs });
const allOwn = [
  "ciliumclusterwidenetworkpolicies",
  "ciliumendpoints",
  "ciliumidentities",
  "ciliumnetworkpolicies",
  "ciliumnodes",
];

const agentRules = [
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  { apiGroups: [""], resources: ["namespaces", "services", "pods", "endpoints", "nodes"], verbs: read },
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: read },
  own(allOwn, ["list", "watch"]),
  own(["ciliumidentities", "ciliumendpoints", "ciliumnodes"], ["create"]),
  own(["ciliumidentities"], ["update"]),
  own(["ciliumendpoints"], ["delete", "get"]),
  own(["ciliumnodes", "ciliumnodes/status"], ["get", "update"]),
  own(["ciliumendpoints/status", "ciliumendpoints"], ["patch"]),
];

const operatorRules = [
  { apiGroups: [""], resources: ["pods"], verbs: [...read, "delete"] },
  { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["nodes", "nodes/status"], verbs: ["patch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  { apiGroups: [""], resources: ["services", "endpoints", "namespaces", "secrets"], verbs: read },
  own(allOwn, [...read, "create", "update", "delete", "patch"]),
  own(["ciliumnodes/status"], ["update"]),
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: ["create", "get", "list", "watch", "update"],
  },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create", "get", "update"] },
];

function configMap(ipam: string, pool: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "cilium-config", namespace },
    data: {
      "cluster-name": "default",
      "cluster-id": "0",
      "cni-exclusive": "true",
      debug: "false",
      "enable-ipv4": "true",
      "enable-ipv4-masquerade": "true",
      "enable-ipv6": "false",
      "enable-policy": "default",
      "identity-allocation-mode": "crd",
      ipam,
      ...(ipam === "cluster-pool"
        ? { "cluster-pool-ipv4-cidr": pool, "cluster-pool-ipv4-mask-size": "24" }
        : {}),
      "kube-proxy-replacement": "false",
      "routing-mode": "tunnel",
      "tunnel-protocol": "vxlan",
      "write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist",
    },
  };
}

const hostPath = (name: string, path: string, type = "DirectoryOrCreate") => ({
  name,
  hostPath: { path, type },
});
const variables = [
  { name: "K8S_NODE_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } } },
  {
    name: "CILIUM_K8S_NAMESPACE",
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } },
  },
];
const spread = (labels: object) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
    ],
  },
});
const health = (port: number) => ({
  httpGet: { host: "127.0.0.1", path: "/healthz", port, scheme: "HTTP" },
});

function daemonSet(): KubeObject {
  const labels = { "k8s-app": "cilium" };
  const allLabels = {
    ...labels,
    "app.kubernetes.io/name": "cilium-agent",
    "app.kubernetes.io/part-of": "cilium",
  };
  const brief = (port: number) => ({
    httpGet: { ...health(port).httpGet, httpHeaders: [{ name: "brief", value: "true" }] },
  });
  const privileged = { securityContext: { privileged: true } };
  const common = { image: agentImage, imagePullPolicy: "IfNotPresent" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "cilium", namespace, labels: allLabels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } },
      template: {
        metadata: { labels: allLabels },
        spec: {
          initContainers: [
            {
              name: "config",
              ...common,
              command: ["cilium-dbg", "build-config"],
              env: variables,
              volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            },
            {
              name: "clean-cilium-state",
              ...common,
              ...privileged,
              command: ["/init-container.sh"],
              volumeMounts: [{ name: "cilium-run", mountPath: "/var/run/cilium" }],
            },
            {
              name: "install-cni-binaries",
              ...common,
              command: ["/install-plugin.sh"],
              resources: { requests: { cpu: "100m", memory: "10Mi" } },
              volumeMounts: [{ name: "cni-path", mountPath: "/host/opt/cni/bin" }],
            },
          ],
          containers: [
            {
              name: "cilium-agent",
              ...common,
              ...privileged,
              command: ["cilium-agent"],
              args: ["--config-dir=/tmp/cilium/config-map"],
              env: variables,
              startupProbe: { ...brief(9879), failureThreshold: 105, periodSeconds: 2 },
              livenessProbe: { ...brief(9879), failureThreshold: 10, periodSeconds: 30, timeoutSeconds: 5 },
              readinessProbe: { ...brief(9879), failureThreshold: 3, periodSeconds: 30, timeoutSeconds: 5 },
              volumeMounts: [
                { name: "cilium-run", mountPath: "/var/run/cilium" },
                { name: "etc-cni-netd", mountPath: "/host/etc/cni/net.d" },
                { name: "lib-modules", mountPath: "/lib/modules", readOnly: true },
                { name: "xtables-lock", mountPath: "/run/xtables.lock" },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          hostNetwork: true,
          restartPolicy: "Always",
          serviceAccountName: "cilium",
          terminationGracePeriodSeconds: 1,
          priorityClassName: "system-node-critical",
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [{ operator: "Exists" }],
          affinity: spread(labels),
          volumes: [
            { name: "tmp", emptyDir: {} },
            hostPath("cilium-run", "/var/run/cilium"),
            hostPath("cni-path", "/opt/cni/bin"),
            hostPath("etc-cni-netd", "/etc/cni/net.d"),
            { name: "lib-modules", hostPath: { path: "/lib/modules" } },
            hostPath("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
          ],
        },
      },
    },
  };
}

function operator(): KubeObject {
  const labels = { "io.cilium/app": "operator", name: "cilium-operator" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "cilium-operator", namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "50%" } },
      template: {
        metadata: { labels: { ...labels, "app.kubernetes.io/name": "cilium-operator" } },
        spec: {
          containers: [
            {
              name: "cilium-operator",
              image: `quay.io/cilium/operator-generic:${version}`,
              imagePullPolicy: "IfNotPresent",
              command: ["cilium-operator-generic"],
              args: ["--config-dir=/tmp/cilium/config-map", "--debug=$(CILIUM_DEBUG)"],
              env: [
                ...variables,
                {
                  name: "CILIUM_DEBUG",
                  valueFrom: { configMapKeyRef: { name: "cilium-config", key: "debug", optional: true } },
                },
              ],
              livenessProbe: {
                ...health(9234),
                initialDelaySeconds: 60,
                periodSeconds: 10,
                timeoutSeconds: 3,
              },
              readinessProbe: { ...health(9234), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 5 },
              volumeMounts: [
                { name: "cilium-config-path", mountPath: "/tmp/cilium/config-map", readOnly: true },
              ],
            },
          ],
          hostNetwork: true,
          restartPolicy: "Always",
          serviceAccountName: "cilium-operator",
          priorityClassName: "system-cluster-critical",
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [{ operator: "Exists" }],
          affinity: spread({ "io.cilium/app": "operator" }),
          volumes: [{ name: "cilium-config-path", configMap: { name: "cilium-config" } }],
        },
      },
    },
  };
}
