import { stringify } from "yaml";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ClusterShape } from "../addon";

const rbac = "rbac.authorization.k8s.io";
const namespace = "kube-system";
const labels = { "k8s-app": "kube-proxy" };

/** What kubeadm 1.34 installs (cmd/kubeadm/app/phases/addons/proxy). */
export function kubeProxyObjects(cluster: ClusterShape): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "kube-proxy", namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "kubeadm:node-proxier" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:node-proxier" },
      subjects: [{ kind: "ServiceAccount", name: "kube-proxy", namespace }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: "kube-proxy", namespace },
      rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["kube-proxy"], verbs: ["get"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "kube-proxy", namespace },
      roleRef: { apiGroup: rbac, kind: "Role", name: "kube-proxy" },
      subjects: [{ apiGroup: rbac, kind: "Group", name: "system:bootstrappers:kubeadm:default-node-token" }],
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kube-proxy", namespace, labels: { app: "kube-proxy" } },
      data: { "config.conf": configuration(cluster), "kubeconfig.conf": kubeconfig(cluster) },
    },
    daemonSet(cluster),
  ];
}

function daemonSet(cluster: ClusterShape): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "kube-proxy", namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate" },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: "kube-proxy",
              image: `registry.k8s.io/kube-proxy:${cluster.version}`,
              imagePullPolicy: "IfNotPresent",
              command: [
                "/usr/local/bin/kube-proxy",
                "--config=/var/lib/kube-proxy/config.conf",
                "--hostname-override=$(NODE_NAME)",
              ],
              env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
              securityContext: { privileged: true },
              volumeMounts: [
                { mountPath: "/var/lib/kube-proxy", name: "kube-proxy" },
                { mountPath: "/run/xtables.lock", name: "xtables-lock" },
                { mountPath: "/lib/modules", name: "lib-modules", readOnly: true },
              ],
            },
          ],
          hostNetwork: true,
          nodeSelector: { "kubernetes.io/os": "linux" },
          priorityClassName: "system-node-critical",
          serviceAccountName: "kube-proxy",
          tolerations: [{ operator: "Exists" }],
          volumes: [
            { configMap: { name: "kube-proxy" }, name: "kube-proxy" },
            { hostPath: { path: "/run/xtables.lock", type: "FileOrCreate" }, name: "xtables-lock" },
            { hostPath: { path: "/lib/modules" }, name: "lib-modules" },
          ],
        },
      },
    },
  };
}

function configuration(cluster: ClusterShape): string {
  return stringify(
    {
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      bindAddress: "0.0.0.0",
      bindAddressHardFail: false,
      clientConnection: {
        acceptContentTypes: "",
        burst: 0,
        contentType: "",
        kubeconfig: "/var/lib/kube-proxy/kubeconfig.conf",
        qps: 0,
      },
      clusterCIDR: cluster.podCidr,
      configSyncPeriod: "0s",
      conntrack: { maxPerCore: null, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null },
      detectLocalMode: "",
      enableProfiling: false,
      healthzBindAddress: "",
      hostnameOverride: "",
      iptables: { masqueradeAll: false, masqueradeBit: null, minSyncPeriod: "0s", syncPeriod: "0s" },
      ipvs: { excludeCIDRs: null, minSyncPeriod: "0s", scheduler: "", strictARP: false, syncPeriod: "0s" },
      kind: "KubeProxyConfiguration",
      metricsBindAddress: "",
      mode: "",
      nodePortAddresses: null,
      oomScoreAdj: null,
      portRange: "",
      showHiddenMetricsForVersion: "",
    },
    { lineWidth: 0 },
  );
}

function kubeconfig(cluster: ClusterShape): string {
  const account = "/var/run/secrets/kubernetes.io/serviceaccount";
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          cluster: {
            "certificate-authority": `${account}/ca.crt`,
            server: `https://${cluster.controlPlane.ip}:6443`,
          },
          name: "default",
        },
      ],
      contexts: [{ context: { cluster: "default", namespace: "default", user: "default" }, name: "default" }],
      "current-context": "default",
      users: [{ name: "default", user: { tokenFile: `${account}/token` } }],
    },
    { lineWidth: 0 },
  );
}
