import type { KubeObject } from "@/lib/cluster/resources/kind";
import { clusterRoleBindingFacts, roleBindingFacts, roleFacts } from "./policy-binding-facts";
import { clusterRoleFacts } from "./policy-facts";

const group = "rbac.authorization.k8s.io";
const apiVersion = `${group}/v1`;
const labels = { "kubernetes.io/bootstrapping": "rbac-defaults" };
const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "true" };

const verbSets: Record<string, string[]> = {
  read: ["get", "list", "watch"],
  write: ["create", "delete", "deletecollection", "patch", "update"],
  all: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
};

interface Block {
  head: string[];
  rules: object[];
}

/** The roles and bindings that upstream's API server makes at its start. */
export function bootstrapPolicy(): KubeObject[] {
  const clusterRoles = blocks(clusterRoleFacts).map(({ head: [name, aggregate], rules }) => ({
    apiVersion,
    kind: "ClusterRole",
    metadata: {
      name: name!,
      annotations,
      labels: aggregate ? { ...labels, [`${group}/aggregate-to-${aggregate}`]: "true" } : labels,
    },
    rules,
  }));
  const controllers = clusterRoles
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith("system:controller:"));
  return [
    ...clusterRoles,
    aggregated("admin"),
    aggregated("edit", "admin"),
    aggregated("view", "edit"),
    ...blocks(roleFacts).map(({ head: [namespace, name], rules }) => ({
      apiVersion,
      kind: "Role",
      metadata: { name: name!, namespace: namespace!, annotations, labels },
      rules,
    })),
    ...lines(clusterRoleBindingFacts).map((line) => {
      const [name, subjects] = line.split(" =");
      return binding("ClusterRoleBinding", name!, { kind: "ClusterRole", name: name! }, subjects!);
    }),
    ...controllers.map((name) =>
      binding(
        "ClusterRoleBinding",
        name,
        { kind: "ClusterRole", name },
        `s:kube-system/${name.slice("system:controller:".length)}`,
      ),
    ),
    ...lines(roleBindingFacts).map((line) => {
      const [head, subjects] = line.split(" =");
      const [namespace, name, role] = head!.split(" ");
      return binding("RoleBinding", name!, { kind: "Role", name: role! }, subjects!, namespace);
    }),
  ];
}

function aggregated(name: string, into?: string): KubeObject {
  return {
    apiVersion,
    kind: "ClusterRole",
    metadata: {
      name,
      annotations,
      labels: into ? { ...labels, [`${group}/aggregate-to-${into}`]: "true" } : labels,
    },
    aggregationRule: {
      clusterRoleSelectors: [{ matchLabels: { [`${group}/aggregate-to-${name}`]: "true" } }],
    },
    rules: [],
  };
}

function binding(
  kind: string,
  name: string,
  role: { kind: string; name: string },
  subjects: string,
  namespace?: string,
): KubeObject {
  const list = subjects.split(" ").filter(Boolean).map(subject);
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace ? { namespace } : {}), annotations, labels },
    roleRef: { apiGroup: group, ...role },
    ...(list.length > 0 ? { subjects: list } : {}),
  };
}

function subject(text: string): object {
  const name = text.slice(2);
  if (text.startsWith("g:")) return { apiGroup: group, kind: "Group", name };
  if (text.startsWith("u:")) return { apiGroup: group, kind: "User", name };
  const [namespace, account] = name.split("/");
  return { kind: "ServiceAccount", name: account, namespace };
}

const lines = (facts: string) => facts.split("\n").filter((line) => line.trim() !== "");

function blocks(facts: string): Block[] {
  const found: Block[] = [];
  for (const line of lines(facts)) {
    if (line.startsWith(" ")) found.at(-1)!.rules.push(rule(line.trim()));
    else found.push({ head: line.split(" "), rules: [] });
  }
  return found;
}

function rule(line: string): object {
  const words = (part = "") => part.trim().split(" ").filter(Boolean);
  const [first, second, third, names] = line.split("|");
  const verbs = words(third).flatMap((verb) => verbSets[verb] ?? [verb]);
  if (words(first).length === 0) return { nonResourceURLs: words(second), verbs };
  return {
    apiGroups: words(first).map((one) => (one === "core" ? "" : one)),
    resources: words(second),
    verbs,
    ...(names ? { resourceNames: words(names) } : {}),
  };
}
