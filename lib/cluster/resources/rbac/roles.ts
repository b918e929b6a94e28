import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { ClusterRole, PolicyRule, Role } from "../types";
import { invalid, required } from "../validation/errors";
import { validateSelector } from "../validation/selector";

function validateRules(rules: PolicyRule[] | null | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const errors: FieldError[] = [];
    if (!rule.verbs?.length) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
    if (rule.nonResourceURLs?.length) {
      if (namespaced) {
        errors.push(
          invalid(
            `${at}.nonResourceURLs`,
            rule.nonResourceURLs,
            "namespaced rules cannot apply to non-resource URLs",
          ),
        );
      }
      if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
        errors.push(
          invalid(
            `${at}.nonResourceURLs`,
            rule.nonResourceURLs,
            "rules cannot apply to both regular resources and non-resource URLs",
          ),
        );
      }
      return errors;
    }
    if (!rule.apiGroups?.length) {
      errors.push(required(`${at}.apiGroups`, "resource rules must supply at least one api group"));
    }
    if (!rule.resources?.length) {
      errors.push(required(`${at}.resources`, "resource rules must supply at least one resource"));
    }
    return errors;
  });
}

export const role = defineKind<Role>("rbac.authorization.k8s.io", "Role", {
  validate: ({ rules }) => validateRules(rules, true),
});

export const clusterRole = defineKind<ClusterRole>("rbac.authorization.k8s.io", "ClusterRole", {
  validate: ({ rules, aggregationRule }) => [
    ...validateRules(rules, false),
    ...(aggregationRule && !aggregationRule.clusterRoleSelectors?.length
      ? [
          required(
            "aggregationRule.clusterRoleSelectors",
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
          ),
        ]
      : []),
    ...(aggregationRule?.clusterRoleSelectors ?? []).flatMap((selector, index) =>
      validateSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`),
    ),
  ],
});
