import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { defineKind, type Hooks } from "../define-kind";
import type { FieldError } from "../kind";
import type { RbacSubject, RoleBinding } from "../types";
import { invalid, invalidEach, notSupported, required, same } from "../validation/errors";
import { dnsSubdomain, pathSegment } from "../validation/names";

const group = "rbac.authorization.k8s.io";

const named = (kind: string) => (binding: RoleBinding) =>
  (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === "ServiceAccount" ? `${namespace}/${name}` : name))
    .join(", ");

function validateSubject(subject: RbacSubject, at: string, clusterWide: boolean): FieldError[] {
  const errors: FieldError[] = subject.name ? [] : [required(`${at}.name`)];
  if (subject.kind === "ServiceAccount") {
    if (subject.name) errors.push(...invalidEach(`${at}.name`, subject.name, dnsSubdomain(subject.name)));
    if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [""]));
    if (!subject.namespace && clusterWide) errors.push(required(`${at}.namespace`));
    return errors;
  }
  if (subject.kind === "User" || subject.kind === "Group") {
    if (subject.apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [group]));
    return errors;
  }
  return [...errors, notSupported(`${at}.kind`, subject.kind, ["ServiceAccount", "User", "Group"])];
}

function hooks(clusterWide: boolean): Hooks<RoleBinding> {
  const roleKinds = clusterWide ? ["ClusterRole"] : ["Role", "ClusterRole"];
  return {
    columns: [
      nameColumn(),
      text("Role", ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
      ageColumn(),
      wide("Users", named("User")),
      wide("Groups", named("Group")),
      wide("ServiceAccounts", named("ServiceAccount")),
    ],
    defaults({ roleRef, subjects }) {
      if (roleRef && !roleRef.apiGroup) roleRef.apiGroup = group;
      for (const subject of subjects ?? []) {
        if ((subject.kind === "User" || subject.kind === "Group") && !subject.apiGroup)
          subject.apiGroup = group;
      }
    },
    validate({ roleRef, subjects }) {
      const errors: FieldError[] = [];
      if (roleRef?.apiGroup !== group)
        errors.push(notSupported("roleRef.apiGroup", roleRef?.apiGroup, [group]));
      if (!roleKinds.includes(roleRef?.kind ?? "")) {
        errors.push(notSupported("roleRef.kind", roleRef?.kind, roleKinds));
      }
      if (!roleRef?.name) errors.push(required("roleRef.name"));
      else errors.push(...invalidEach("roleRef.name", roleRef.name, pathSegment(roleRef.name)));
      (subjects ?? []).forEach((subject, index) =>
        errors.push(...validateSubject(subject, `subjects[${index}]`, clusterWide)),
      );
      return errors;
    },
    validateUpdate: ({ roleRef }, old) =>
      same(roleRef, old.roleRef) ? [] : [invalid("roleRef", roleRef, "cannot change roleRef")],
  };
}

export const roleBinding = defineKind<RoleBinding>(group, "RoleBinding", hooks(false));
export const clusterRoleBinding = defineKind<RoleBinding>(group, "ClusterRoleBinding", hooks(true));
