import { parseServiceAccountName } from "../authn/service-account-name";
import type { Registry } from "../registry/registry";
import type { UserInfo } from "../types";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer";

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

interface Binding {
  metadata: { name: string; namespace?: string };
  subjects?: Subject[];
  roleRef: { kind: string; name: string };
}

const rbacGroup = "rbac.authorization.k8s.io";

/** RBAC over the stored roles and bindings, as kubernetes 1.34 plugin/pkg/auth/authorizer/rbac. */
export class RbacAuthorizer implements Authorizer {
  constructor(readonly registry: Registry) {}

  authorize(attributes: AuthorizationAttributes): Decision {
    const { user, namespace } = attributes;
    if (user.groups.includes("system:masters")) return { allowed: true, reason: "" };
    for (const { rules, reason } of this.rulesOf(user, namespace))
      if (rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason };
    return { allowed: false, reason: "" };
  }

  /** Every rule that holds for the user: cluster-wide ones and, with a namespace, those bound in it. */
  *rulesOf(user: UserInfo, namespace: string): Generator<{ rules: PolicyRule[]; reason: string }> {
    for (const binding of this.#bindings("clusterrolebindings")) {
      const subject = binding.subjects?.find((one) => appliesTo(one, user, ""));
      if (!subject) continue;
      yield {
        rules: this.#rules(binding, ""),
        reason: `RBAC: allowed by ClusterRoleBinding "${binding.metadata.name}" of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${describe(subject, "")}`,
      };
    }
    if (!namespace) return;
    for (const binding of this.#bindings("rolebindings", namespace)) {
      const subject = binding.subjects?.find((one) => appliesTo(one, user, namespace));
      if (!subject) continue;
      yield {
        rules: this.#rules(binding, namespace),
        reason: `RBAC: allowed by RoleBinding "${binding.metadata.name}/${namespace}" of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${describe(subject, namespace)}`,
      };
    }
  }

  #bindings(plural: string, namespace?: string): Binding[] {
    return this.registry.readAll(rbacGroup, plural, namespace) as unknown as Binding[];
  }

  #rules({ roleRef }: Binding, namespace: string): PolicyRule[] {
    const role =
      roleRef.kind === "ClusterRole"
        ? this.registry.read(rbacGroup, "clusterroles", undefined, roleRef.name)
        : this.registry.read(rbacGroup, "roles", namespace, roleRef.name);
    return (role?.rules as PolicyRule[] | undefined) ?? [];
  }
}

function appliesTo(subject: Subject, user: UserInfo, namespace: string): boolean {
  if (subject.kind === "User") return subject.name === user.name;
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  if (subject.kind !== "ServiceAccount") return false;
  const account = parseServiceAccountName(user.name);
  return (
    account !== undefined &&
    account.name === subject.name &&
    account.namespace === (subject.namespace || namespace)
  );
}

function describe(subject: Subject, namespace: string): string {
  return subject.kind === "ServiceAccount"
    ? `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`
    : `${subject.kind} "${subject.name}"`;
}

export function ruleAllows(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  const { verb, path, group, resource, subresource, name } = attributes;
  if (!has(rule.verbs, verb)) return false;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((url) => pathMatches(url, path));
  if (!has(rule.apiGroups, group)) return false;
  const combined = subresource ? `${resource}/${subresource}` : resource;
  const resources = rule.resources ?? [];
  const resourceMatches =
    resources.includes("*") ||
    resources.includes(combined) ||
    (subresource !== "" && resources.includes(`*/${subresource}`));
  if (!resourceMatches) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
}

const has = (values: string[] | undefined, value: string) =>
  values !== undefined && (values.includes("*") || values.includes(value));

function pathMatches(url: string, path: string): boolean {
  if (url === "*" || url === path) return true;
  return url.endsWith("*") && path.startsWith(url.slice(0, -1));
}
