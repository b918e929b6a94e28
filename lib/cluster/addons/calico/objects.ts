import type { KubeObject } from "@/lib/cluster/resources/kind";
import { customResource } from "../crds";

const rbac = "rbac.authorization.k8s.io";
const crdGroup = "crd.projectcalico.org";

export interface CalicoInstall {
  overlay: "ipip" | "vxlan" | "none";
  /** "bird" speaks BGP whatever the overlay. */
  backend: "bird" | "vxlan";
  namespace: string;
  /** "v3.28.2" */
  version: string;
  /** Who installs it makes the pools of addresses. */
  hasPools: boolean;
}

/** What of Calico's manifest a cluster of a lab needs; names, images, volumes and rights as there. */
export function calicoObjects(install: CalicoInstall): KubeObject[] {
  const { namespace } = install;
  return [
    ...["calico-node", "calico-kube-controllers", "calico-cni-plugin"].map((name) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    })),
    configMap(install),
    ...calicoCrds(),
    ...roles().flatMap(([name, rules]) => [
      { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules },
      {
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
        subjects: [{ kind: "ServiceAccount", name, namespace }],
      },
    ]),
    daemonSet(install),
    kubeControllers(install),
  ];
}

export function calicoCrds(): KubeObject[] {
  return customResources.map(([kind, plural, scope]) =>
    customResource({ group: crdGroup, version: "v1" }, kind!, plural!, scope!),
  );
}

const image = (name: string, version: string) => `docker.io/calico/${name}:${version}`;

const customResources = [
  ["BGPConfiguration", "bgpconfigurations", "Cluster"],
  ["BGPPeer", "bgppeers", "Cluster"],
  ["BlockAffinity", "blockaffinities", "Cluster"],
  ["ClusterInformation", "clusterinformations", "Cluster"],
  ["FelixConfiguration", "felixconfigurations", "Cluster"],
  ["GlobalNetworkPolicy", "globalnetworkpolicies", "Cluster"],
  ["GlobalNetworkSet", "globalnetworksets", "Cluster"],
  ["HostEndpoint", "hostendpoints", "Cluster"],
  ["IPAMBlock", "ipamblocks", "Cluster"],
  ["IPAMConfig", "ipamconfigs", "Cluster"],
  ["IPAMHandle", "ipamhandles", "Cluster"],
  ["IPPool", "ippools", "Cluster"],
  ["IPReservation", "ipreservations", "Cluster"],
  ["KubeControllersConfiguration", "kubecontrollersconfigurations", "Cluster"],
  ["NetworkPolicy", "networkpolicies", "Namespaced"],
  ["NetworkSet", "networksets", "Namespaced"],
];

function roles(): [name: string, rules: object[]][] {
  const read = ["get", "list", "watch"];
  const core = (resources: string[], verbs: string[]) => ({ apiGroups: [""], resources, verbs });
  const own = (resources: string[], verbs: string[]) => ({ apiGroups: [crdGroup], resources, verbs });
  const ipam = ["blockaffinities", "ipamblocks", "ipamhandles"];
  const change = ["get", "list", "create", "update", "delete"];
  return [
    [
      "calico-kube-controllers",
      [
        core(["nodes", "pods"], read),
        own([...ipam], [...change, "watch"]),
        own(["ippools", "ipreservations"], ["list", "watch"]),
        own(
          ["hostendpoints", "clusterinformations", "kubecontrollersconfigurations"],
          ["get", "list", "create", "update", "delete", "watch"],
        ),
      ],
    ],
    [
      "calico-node",
      [
        core(["pods", "nodes", "namespaces", "serviceaccounts", "endpoints", "services"], read),
        core(["configmaps"], ["get"]),
        core(["nodes/status"], ["patch", "update"]),
        core(["pods/status"], ["patch"]),
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["watch", "list"] },
        { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["watch", "list"] },
        own(
          customResources.map(([, plural]) => plural!),
          read,
        ),
        own(
          ["ippools", "felixconfigurations", "clusterinformations", "bgpconfigurations"],
          ["create", "update"],
        ),
        own(ipam, change),
        own(["ipamconfigs"], ["get", "create"]),
      ],
    ],
    [
      "calico-cni-plugin",
      [
        core(["pods", "nodes", "namespaces"], ["get"]),
        core(["pods/status"], ["patch"]),
        own([...ipam, "clusterinformations", "ippools", "ipreservations", "ipamconfigs"], change),
      ],
    ],
  ];
}

function configMap({ backend, namespace }: CalicoInstall): KubeObject {
  const config = {
    name: "k8s-pod-network",
    cniVersion: "0.3.1",
    plugins: [
      {
        type: "calico",
        log_level: "info",
        log_file_path: "/var/log/calico/cni/cni.log",
        datastore_type: "kubernetes",
        nodename: "__KUBERNETES_NODE_NAME__",
        mtu: "__CNI_MTU__",
        ipam: { type: "calico-ipam" },
        policy: { type: "k8s" },
        kubernetes: { kubeconfig: "__KUBECONFIG_FILEPATH__" },
      },
      { type: "portmap", snat: true, capabilities: { portMappings: true } },
      { type: "bandwidth", capabilities: { bandwidth: true } },
    ],
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "calico-config", namespace },
    data: {
      typha_service_name: "none",
      calico_backend: backend,
      veth_mtu: "0",
      cni_network_config: `${JSON.stringify(config, null, 2).replace('"__CNI_MTU__"', "__CNI_MTU__")}\n`,
    },
  };
}

const hostPath = (name: string, path: string, type?: string) => ({
  name,
  hostPath: { path, ...(type ? { type } : {}) },
});
const nodeName = { fieldRef: { fieldPath: "spec.nodeName" } };
const fromConfig = (key: string) => ({ configMapKeyRef: { name: "calico-config", key } });

function daemonSet({ overlay, backend, namespace, version, hasPools }: CalicoInstall): KubeObject {
  const labels = { "k8s-app": "calico-node" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "calico-node", namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { "kubernetes.io/os": "linux" },
          hostNetwork: true,
          tolerations: [
            { effect: "NoSchedule", operator: "Exists" },
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { effect: "NoExecute", operator: "Exists" },
          ],
          serviceAccountName: "calico-node",
          terminationGracePeriodSeconds: 0,
          priorityClassName: "system-node-critical",
          initContainers: [
            {
              name: "upgrade-ipam",
              image: image("cni", version),
              command: ["/opt/cni/bin/calico-ipam", "-upgrade"],
              env: [
                { name: "KUBERNETES_NODE_NAME", valueFrom: nodeName },
                { name: "CALICO_NETWORKING_BACKEND", valueFrom: fromConfig("calico_backend") },
              ],
              volumeMounts: [
                { mountPath: "/var/lib/cni/networks", name: "host-local-net-dir" },
                { mountPath: "/host/opt/cni/bin", name: "cni-bin-dir" },
              ],
              securityContext: { privileged: true },
            },
            {
              name: "install-cni",
              image: image("cni", version),
              command: ["/opt/cni/bin/install"],
              env: [
                { name: "CNI_CONF_NAME", value: "10-calico.conflist" },
                { name: "CNI_NETWORK_CONFIG", valueFrom: fromConfig("cni_network_config") },
                { name: "KUBERNETES_NODE_NAME", valueFrom: nodeName },
                { name: "CNI_MTU", valueFrom: fromConfig("veth_mtu") },
                { name: "SLEEP", value: "false" },
              ],
              volumeMounts: [
                { mountPath: "/host/opt/cni/bin", name: "cni-bin-dir" },
                { mountPath: "/host/etc/cni/net.d", name: "cni-net-dir" },
              ],
              securityContext: { privileged: true },
            },
          ],
          containers: [
            {
              name: "calico-node",
              image: image("node", version),
              env: [
                { name: "DATASTORE_TYPE", value: "kubernetes" },
                { name: "WAIT_FOR_DATASTORE", value: "true" },
                { name: "NODENAME", valueFrom: nodeName },
                { name: "CALICO_NETWORKING_BACKEND", valueFrom: fromConfig("calico_backend") },
                { name: "CLUSTER_TYPE", value: backend === "bird" ? "k8s,bgp" : "k8s" },
                ...(hasPools ? [{ name: "NO_DEFAULT_POOLS", value: "true" }] : []),
                { name: "IP", value: "autodetect" },
                { name: "CALICO_IPV4POOL_IPIP", value: overlay === "ipip" ? "Always" : "Never" },
                { name: "CALICO_IPV4POOL_VXLAN", value: overlay === "vxlan" ? "Always" : "Never" },
                { name: "CALICO_DISABLE_FILE_LOGGING", value: "true" },
                { name: "FELIX_DEFAULTENDPOINTTOHOSTACTION", value: "ACCEPT" },
                { name: "FELIX_IPV6SUPPORT", value: "false" },
                { name: "FELIX_HEALTHENABLED", value: "true" },
              ],
              securityContext: { privileged: true },
              resources: { requests: { cpu: "250m" } },
              livenessProbe: {
                exec: { command: ["/bin/calico-node", "-felix-live"] },
                periodSeconds: 10,
                initialDelaySeconds: 10,
                failureThreshold: 6,
                timeoutSeconds: 10,
              },
              readinessProbe: {
                exec: { command: ["/bin/calico-node", "-felix-ready"] },
                periodSeconds: 10,
                timeoutSeconds: 10,
              },
              volumeMounts: [
                { mountPath: "/host/etc/cni/net.d", name: "cni-net-dir" },
                { mountPath: "/lib/modules", name: "lib-modules", readOnly: true },
                { mountPath: "/run/xtables.lock", name: "xtables-lock" },
                { mountPath: "/var/run/calico", name: "var-run-calico" },
                { mountPath: "/var/lib/calico", name: "var-lib-calico" },
                { mountPath: "/var/log/calico/cni", name: "cni-log-dir", readOnly: true },
              ],
            },
          ],
          volumes: [
            hostPath("lib-modules", "/lib/modules"),
            hostPath("var-run-calico", "/var/run/calico"),
            hostPath("var-lib-calico", "/var/lib/calico"),
            hostPath("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
            hostPath("cni-bin-dir", "/opt/cni/bin"),
            hostPath("cni-net-dir", "/etc/cni/net.d"),
            hostPath("cni-log-dir", "/var/log/calico/cni"),
            hostPath("host-local-net-dir", "/var/lib/cni/networks"),
          ],
        },
      },
    },
  };
}

function kubeControllers({ namespace, version }: CalicoInstall): KubeObject {
  const name = "calico-kube-controllers";
  const labels = { "k8s-app": name };
  const check = (flag: string) => ({ exec: { command: ["/usr/bin/check-status", flag] }, periodSeconds: 10 });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      strategy: { type: "Recreate" },
      template: {
        metadata: { name, namespace, labels },
        spec: {
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
          ],
          serviceAccountName: name,
          priorityClassName: "system-cluster-critical",
          containers: [
            {
              name,
              image: image("kube-controllers", version),
              env: [
                { name: "ENABLED_CONTROLLERS", value: "node" },
                { name: "DATASTORE_TYPE", value: "kubernetes" },
              ],
              livenessProbe: {
                ...check("-l"),
                initialDelaySeconds: 10,
                failureThreshold: 6,
                timeoutSeconds: 10,
              },
              readinessProbe: check("-r"),
            },
          ],
        },
      },
    },
  };
}
