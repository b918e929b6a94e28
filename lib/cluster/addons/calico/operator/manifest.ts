import type { KubeObject } from "@/lib/cluster/resources/kind";
import { operatorCrds } from "./crds";
import { operatorGroup } from "./installation";
import { operatorRelease } from "./releases";

const name = "tigera-operator";
const rbac = "rbac.authorization.k8s.io";

/** tigera-operator.yaml of a release of Calico. */
export function operatorManifest(calico: string): KubeObject[] {
  const release = operatorRelease(calico);
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { name, "pod-security.kubernetes.io/enforce": "privileged" } },
    },
    ...(bringsCrds(calico) ? [] : operatorCrds()),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: name } },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: name }],
    },
    deployment(release, bringsCrds(calico)),
  ];
}

/** custom-resources.yaml: Calico with the range that it has by itself. */
export const customResourcesManifest: KubeObject[] = [
  {
    apiVersion: `${operatorGroup}/v1`,
    kind: "Installation",
    metadata: { name: "default" },
    spec: {
      calicoNetwork: {
        ipPools: [
          {
            ...{ name: "default-ipv4-ippool", blockSize: 26, cidr: "192.168.0.0/16" },
            ...{ encapsulation: "VXLANCrossSubnet", natOutgoing: "Enabled", nodeSelector: "all()" },
          },
        ],
      },
    },
  },
  { apiVersion: `${operatorGroup}/v1`, kind: "APIServer", metadata: { name: "default" }, spec: {} },
];

/** Since v3.30 the definitions are a manifest of their own, or the operator's work. */
const bringsCrds = (calico: string) => {
  const [major = 0, minor = 0] = calico.replace("v", "").split(".").map(Number);
  return major > 3 || minor >= 30;
};

const all = ["create", "get", "list", "patch", "update", "delete", "watch"];
const rules = [
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: ["get", "list", "watch", "create", "update"],
  },
  {
    apiGroups: [""],
    resources: ["namespaces", "pods", "services", "endpoints", "events", "configmaps", "serviceaccounts"],
    verbs: all,
  },
  { apiGroups: [""], resources: ["nodes"], verbs: ["get", "patch", "list", "watch"] },
  {
    apiGroups: [rbac],
    resources: ["clusterroles", "clusterrolebindings", "rolebindings", "roles"],
    verbs: [...all, "bind", "escalate"],
  },
  { apiGroups: ["apps"], resources: ["deployments", "daemonsets", "statefulsets"], verbs: all },
  { apiGroups: [operatorGroup], resources: ["*"], verbs: all },
  { apiGroups: ["crd.projectcalico.org"], resources: ["felixconfigurations", "ippools"], verbs: all },
];

function deployment(release: string, bringsOwnCrds: boolean): KubeObject {
  const labels = { name, "k8s-app": name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: name, labels: { "k8s-app": name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { name } },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [
            { effect: "NoExecute", operator: "Exists" },
            { effect: "NoSchedule", operator: "Exists" },
          ],
          serviceAccountName: name,
          terminationGracePeriodSeconds: 60,
          hostNetwork: true,
          dnsPolicy: "ClusterFirstWithHostNet",
          containers: [
            {
              name,
              image: `quay.io/tigera/operator:${release}`,
              imagePullPolicy: "IfNotPresent",
              command: ["operator"],
              args: [`-manage-crds=${bringsOwnCrds}`],
              volumeMounts: [{ name: "var-lib-calico", readOnly: true, mountPath: "/var/lib/calico" }],
              env: [
                { name: "WATCH_NAMESPACE", value: "" },
                { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
                { name: "OPERATOR_NAME", value: name },
                { name: "TIGERA_OPERATOR_INIT_IMAGE_VERSION", value: release },
              ],
            },
          ],
          volumes: [{ name: "var-lib-calico", hostPath: { path: "/var/lib/calico" } }],
        },
      },
    },
  };
}
