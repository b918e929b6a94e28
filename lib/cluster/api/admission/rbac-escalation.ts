import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Authorizer } from "../authz/authorizer";
import type { PolicyRule } from "../authz/rbac";
import { deepEqual } from "../json";
import type { Registry } from "../registry/registry";
import type { UserInfo } from "../types";
import type { AdmissionPlugin } from "./plugin";

const group = "rbac.authorization.k8s.io";

/**
 * Nobody grants what he does not have: a role may be written and bound only by who holds its rules, or may `escalate`
 * or `bind` (kubernetes pkg/registry/rbac).
 */
export function rbacEscalation(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    validate({ operation, resource, namespace, name, object, old, context }, registry) {
      if (resource.kind.group !== group || operation === "DELETE" || !object) return;
      const { user } = context;
      if (user.groups.includes("system:masters")) return;
      const { plural } = resource.kind;
      const may = (verb: string, what: string, role: string) =>
        authorizer.authorize({
          user,
          verb,
          group,
          version: "v1",
          resource: what,
          subresource: "",
          namespace: namespace ?? "",
          name: role,
        }).allowed;
      let rules: PolicyRule[];
      if (plural === "roles" || plural === "clusterroles") {
        rules = (object.rules as PolicyRule[] | undefined) ?? [];
        if ((old && deepEqual(rules, old.rules ?? [])) || may("escalate", plural, name)) return;
      } else {
        const { roleRef } = object as KubeObject & { roleRef: { kind: string; name: string } };
        if (old && deepEqual({ ...old, metadata: 0 }, { ...object, metadata: 0 })) return;
        const roles = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
        if (may("bind", roles, roleRef.name)) return;
        rules = rulesOf(registry, roles, namespace, roleRef.name);
      }
      const missing = rules.filter((rule) => !holds(authorizer, user, namespace ?? "", rule));
      if (missing.length === 0) return;
      throw forbidden(
        { group, plural },
        name,
        `user ${JSON.stringify(user.name)} (groups=[${user.groups.map((one) => JSON.stringify(one)).join(" ")}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(compact).join("\n")}`,
      );
    },
  };
}

function rulesOf(
  registry: Registry,
  roles: string,
  namespace: string | undefined,
  name: string,
): PolicyRule[] {
  const role = registry.read(group, roles, roles === "roles" ? namespace : undefined, name);
  return (role?.rules as PolicyRule[] | undefined) ?? [];
}

function holds(authorizer: Authorizer, user: UserInfo, namespace: string, rule: PolicyRule): boolean {
  const nothing = { user, version: "", subresource: "", namespace, name: "" };
  return rule.verbs.every(
    (verb) =>
      (rule.nonResourceURLs ?? []).every(
        (path) => authorizer.authorize({ ...nothing, verb, path, group: "", resource: "" }).allowed,
      ) &&
      (rule.apiGroups ?? []).every((apiGroup) =>
        (rule.resources ?? []).every((full) =>
          (rule.resourceNames?.length ? rule.resourceNames : [""]).every((name) => {
            const [resource = "", subresource = ""] = full.split("/");
            return authorizer.authorize({ ...nothing, verb, group: apiGroup, resource, subresource, name })
              .allowed;
          }),
        ),
      ),
  );
}

/** As rbac's CompactString prints a rule. */
function compact({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const list = (name: string, values: string[] | undefined) =>
    values?.length ? [`${name}:[${values.map((value) => JSON.stringify(value)).join(" ")}]`] : [];
  const parts = [
    ...list("APIGroups", apiGroups),
    ...list("Resources", resources),
    ...list("ResourceNames", resourceNames),
    ...list("NonResourceURLs", nonResourceURLs),
    ...list("Verbs", verbs),
  ];
  return `{${parts.join(", ")}}`;
}
