import type { KubeObject } from "@/lib/cluster/resources/kind";

const api = "rbac.authorization.k8s.io";
const labels = { app: "metallb" };
const read = ["get", "list", "watch"];
const write = ["create", "delete", "get", "list", "patch", "update", "watch"];

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const rule = (group: string, resources: string[], verbs: string[], resourceNames?: string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
  ...(resourceNames ? { resourceNames } : {}),
});
const ownKinds = [
  "ipaddresspools",
  "l2advertisements",
  "bgpadvertisements",
  "bfdprofiles",
  "communities",
  "bgppeers",
];

/** The ServiceAccounts of controller and speaker, and what they may do. */
export function accounts(namespace: string): KubeObject[] {
  return [
    ...account("controller", namespace, {
      own: [
        rule("", ["secrets"], write),
        rule("apps", ["deployments"], ["get"], ["controller"]),
        rule("metallb.io", ownKinds, read),
        rule("metallb.io", ["ipaddresspools/status"], ["update"]),
      ],
      everywhere: [
        rule("", ["services", "namespaces"], read),
        rule("", ["nodes"], ["list"]),
        rule("", ["services/status"], ["update"]),
        rule("", ["events"], ["create", "patch"]),
        rule("admissionregistration.k8s.io", ["validatingwebhookconfigurations"], write, [
          "metallb-webhook-configuration",
        ]),
        rule("admissionregistration.k8s.io", ["validatingwebhookconfigurations"], ["list", "watch"]),
        rule(
          "apiextensions.k8s.io",
          ["customresourcedefinitions"],
          write,
          ownKinds.map((kind) => `${kind}.metallb.io`),
        ),
        rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list", "watch"]),
      ],
      ownName: "controller",
    }),
    ...account("speaker", namespace, {
      own: [
        rule("", ["pods"], ["list", "get"]),
        rule("", ["secrets", "configmaps"], read),
        rule("metallb.io", ownKinds, read),
      ],
      everywhere: [
        rule("metallb.io", ["servicel2statuses", "servicel2statuses/status"], ["*"]),
        rule("", ["services", "endpoints", "nodes", "namespaces"], read),
        rule("discovery.k8s.io", ["endpointslices"], read),
        rule("", ["events"], ["create", "patch"]),
      ],
      ownName: "pod-lister",
    }),
  ];
}

function account(
  name: string,
  namespace: string,
  { own, everywhere, ownName }: { own: Rule[]; everywhere: Rule[]; ownName: string },
): KubeObject[] {
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const clusterName = `metallb-system:${name}`;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
    { apiVersion: `${api}/v1`, kind: "Role", metadata: { name: ownName, namespace, labels }, rules: own },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata: { name: ownName, namespace, labels },
      roleRef: { apiGroup: api, kind: "Role", name: ownName },
      subjects,
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRole",
      metadata: { name: clusterName, labels },
      rules: everywhere,
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: clusterName, labels },
      roleRef: { apiGroup: api, kind: "ClusterRole", name: clusterName },
      subjects,
    },
  ];
}
