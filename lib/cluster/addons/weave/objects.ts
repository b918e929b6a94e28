import type { KubeObject } from "@/lib/cluster/resources/kind";

const rbac = "rbac.authorization.k8s.io";
const namespace = "kube-system";
const name = "weave-net";
const metadata = { name, labels: { name } };
const version = "2.8.1";

/** The same objects as Weave Net's manifest; `range` is IPALLOC_RANGE, when it is not the default. */
export function weaveObjects(range?: string): KubeObject[] {
  const watch = ["get", "list", "watch"];
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { ...metadata, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata,
      rules: [
        { apiGroups: [""], resources: ["pods", "namespaces", "nodes"], verbs: watch },
        { apiGroups: ["extensions", "networking.k8s.io"], resources: ["networkpolicies"], verbs: watch },
        { apiGroups: [""], resources: ["nodes/status"], verbs: ["patch", "update"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { kind: "ClusterRole", name, apiGroup: rbac },
      subjects,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { ...metadata, namespace },
      rules: [
        { apiGroups: [""], resources: ["configmaps"], resourceNames: [name], verbs: ["get", "update"] },
        { apiGroups: [""], resources: ["configmaps"], verbs: ["create"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { ...metadata, namespace },
      roleRef: { kind: "Role", name, apiGroup: rbac },
      subjects,
    },
    daemonSet(range),
  ];
}

function daemonSet(range?: string): KubeObject {
  const hostPath = (volume: string, path: string) => ({ name: volume, hostPath: { path } });
  const lock = { name: "xtables-lock", mountPath: "/run/xtables.lock", readOnly: false };
  const hostname = {
    name: "HOSTNAME",
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } },
  };
  const common = { resources: { requests: { cpu: "50m" } }, securityContext: { privileged: true } };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { ...metadata, namespace },
    spec: {
      selector: { matchLabels: { name } },
      minReadySeconds: 5,
      template: {
        metadata: { labels: { name } },
        spec: {
          initContainers: [
            {
              name: "weave-init",
              image: `weaveworks/weave-kube:${version}`,
              command: ["/home/weave/init.sh"],
              securityContext: { privileged: true },
              volumeMounts: [
                { name: "cni-bin", mountPath: "/host/opt" },
                { name: "cni-bin2", mountPath: "/host/home" },
                { name: "cni-conf", mountPath: "/host/etc" },
                { name: "lib-modules", mountPath: "/lib/modules" },
                lock,
              ],
            },
          ],
          containers: [
            {
              name: "weave",
              command: ["/home/weave/launch.sh"],
              env: [
                { name: "INIT_CONTAINER", value: "true" },
                hostname,
                ...(range ? [{ name: "IPALLOC_RANGE", value: range }] : []),
              ],
              image: `weaveworks/weave-kube:${version}`,
              readinessProbe: { httpGet: { host: "127.0.0.1", path: "/status", port: 6784 } },
              ...common,
              volumeMounts: [
                { name: "weavedb", mountPath: "/weavedb" },
                { name: "dbus", mountPath: "/host/var/lib/dbus", readOnly: true },
                { name: "cni-machine-id", mountPath: "/host/etc/machine-id", readOnly: true },
                lock,
              ],
            },
            {
              name: "weave-npc",
              env: [hostname],
              image: `weaveworks/weave-npc:${version}`,
              ...common,
              volumeMounts: [lock],
            },
          ],
          hostNetwork: true,
          dnsPolicy: "ClusterFirstWithHostNet",
          hostPID: false,
          restartPolicy: "Always",
          securityContext: { seLinuxOptions: {} },
          serviceAccountName: name,
          tolerations: [
            { effect: "NoSchedule", operator: "Exists" },
            { effect: "NoExecute", operator: "Exists" },
          ],
          volumes: [
            hostPath("weavedb", "/var/lib/weave"),
            hostPath("cni-bin", "/opt"),
            hostPath("cni-bin2", "/home"),
            hostPath("cni-conf", "/etc"),
            hostPath("cni-machine-id", "/etc/machine-id"),
            hostPath("dbus", "/var/lib/dbus"),
            hostPath("lib-modules", "/lib/modules"),
            { name: "xtables-lock", hostPath: { path: "/run/xtables.lock", type: "FileOrCreate" } },
          ],
          priorityClassName: "system-node-critical",
        },
      },
      updateStrategy: { type: "RollingUpdate" },
    },
  };
}
