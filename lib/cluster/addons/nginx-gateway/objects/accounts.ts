import type { KubeObject } from "@/lib/cluster/resources/kind";
import { majorOf, type FabricOptions } from "./fabric";

const rbac = "rbac.authorization.k8s.io";
const rule = (apiGroup: string, resources: string[], verbs: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const watch = ["list", "watch"];
const manage = ["create", "update", "delete", "list", "get", "watch"];
const standardKinds = ["httproutes", "gateways", "gatewayclasses", "grpcroutes"];
const policies = ["clientsettingspolicies", "observabilitypolicies", "upstreamsettingspolicies"];

/** Who the controller is and what it may do; in 2.x it makes what it needs for each Gateway. */
export function accounts(
  { namespace, name, release, isExperimental }: FabricOptions,
  labels: Record<string, string>,
): KubeObject[] {
  const isStatic = majorOf(release) === 1;
  const account = (own: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: own, namespace, labels },
    ...(isStatic ? {} : { automountServiceAccountToken: false }),
  });
  const gatewayKinds = [
    ...standardKinds,
    ...(isExperimental
      ? ["backendtlspolicies", "tlsroutes", ...(isStatic ? [] : ["tcproutes", "udproutes"])]
      : []),
  ];
  const rules = [
    ...(isStatic
      ? [
          rule(
            "",
            ["namespaces", "services", "secrets", ...(isExperimental ? ["configmaps"] : [])],
            ["get", ...watch],
          ),
          rule("", ["pods"], ["get"]),
        ]
      : [
          rule("", ["secrets", "configmaps", "serviceaccounts", "services"], manage),
          rule("apps", ["deployments", "daemonsets"], manage),
          rule("", ["namespaces", "pods"], ["get", ...watch]),
          rule("authentication.k8s.io", ["tokenreviews"], ["create"]),
        ]),
    rule("apps", ["replicasets"], ["get", "list"]),
    rule("", ["nodes"], ["list"]),
    rule("", ["events"], ["create", "patch"]),
    rule("discovery.k8s.io", ["endpointslices"], watch),
    rule("gateway.networking.k8s.io", [...gatewayKinds, "referencegrants"], watch),
    rule(
      "gateway.networking.k8s.io",
      gatewayKinds.map((kind) => `${kind}/status`),
      ["update"],
    ),
    rule("gateway.nginx.org", ["nginxgateways"], ["get", ...watch]),
    rule("gateway.nginx.org", ["nginxproxies", ...policies], watch),
    rule(
      "gateway.nginx.org",
      ["nginxgateways", ...policies].map((kind) => `${kind}/status`),
      ["update"],
    ),
    rule("coordination.k8s.io", ["leases"], ["create", "get", "update"]),
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], watch),
  ];
  const generator = `${name}-cert-generator`;
  return [
    account(name),
    ...bind("ClusterRole", name, namespace, labels, rules),
    ...(isStatic
      ? []
      : [
          account(generator),
          ...bind("Role", generator, namespace, labels, [rule("", ["secrets"], ["create", "update", "get"])]),
        ]),
  ];
}

/** A role, and its binding to the account of the same name. */
function bind(
  kind: "ClusterRole" | "Role",
  name: string,
  namespace: string,
  labels: Record<string, string>,
  rules: object[],
): KubeObject[] {
  const metadata = { name, labels, ...(kind === "Role" ? { namespace } : {}) };
  return [
    { apiVersion: `${rbac}/v1`, kind, metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: rbac, kind, name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}
