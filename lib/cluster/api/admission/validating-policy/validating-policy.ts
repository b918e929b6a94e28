import { ApiStatusError, forbidden } from "@/lib/cluster/client/status";
import type { Authorizer } from "@/lib/cluster/api/authz/authorizer";
import { groupResource, type Registry, type Resource } from "@/lib/cluster/api/registry/registry";
import { matchRules, matchSelectors } from "../match";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin";
import { prepareViews } from "../request-view";
import { evaluatePolicy, type Refusal } from "./evaluate";
import { collectParams } from "./params";
import type { Binding, MatchResources, Policy } from "./types";

const group = "admissionregistration.k8s.io";
const codes: Record<string, number> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

/**
 * ValidatingAdmissionPolicies with their bindings (apiserver 1.34 pkg/admission/plugin/policy/validating). Audit
 * annotations are evaluated for their errors alone: there is no audit log.
 */
export const validatingAdmissionPolicy = (authorizer: Authorizer): AdmissionPlugin => ({
  name: "ValidatingAdmissionPolicy",
  handlesConnect: true,
  validate(attributes, registry) {
    // Policies and their bindings are above policies, or nobody could mend a wrong one.
    if (attributes.resource.kind.group === group) return;
    const bindings = registry.readAll(group, "validatingadmissionpolicybindings") as Binding[];
    if (bindings.length === 0) return;
    const policies = (registry.readAll(group, "validatingadmissionpolicies") as Policy[]).flatMap(
      (policy) => {
        const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
        const resource = own.length > 0 && matched(policy.spec.matchConstraints, attributes, registry);
        return resource ? [{ policy, own, resource }] : [];
      },
    );
    const views = prepareViews(
      policies.map(({ resource }) => resource),
      attributes,
      registry,
    );
    const judge = () => judgeAll(policies, attributes, registry, authorizer);
    return views ? views.then(judge) : judge();
  },
});

interface MatchedPolicy {
  policy: Policy;
  own: Binding[];
  /** As which the policy wants to see the request. */
  resource: Resource;
}

/** Throws what the first of the policies that refuse has to say. */
function judgeAll(
  policies: MatchedPolicy[],
  attributes: AdmissionAttributes,
  registry: Registry,
  authorizer: Authorizer,
): void {
  const denied: { policy: Policy; binding?: Binding; refusal: Refusal }[] = [];
  for (const { policy, own, resource } of policies) {
    const deny = (refusal: Refusal, binding?: Binding) => denied.push({ policy, binding, refusal });
    for (const binding of own) {
      if (binding.spec.matchResources && !matched(binding.spec.matchResources, attributes, registry))
        continue;
      const params = collectParams(policy, binding, attributes, registry);
      if (!Array.isArray(params)) {
        if (policy.spec.failurePolicy === "Ignore") continue;
        deny({ message: params.error, reason: "Invalid" }, params.isOfPolicy ? undefined : binding);
        continue;
      }
      const { validationActions: actions = ["Deny"] } = binding.spec;
      for (const one of params)
        for (const refusal of evaluatePolicy(policy, resource, attributes, registry, authorizer, one)) {
          if (actions.includes("Warn") && !refusal.isAudit)
            attributes.context.warnings.push(
              `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${refusal.message}`,
            );
          if (actions.includes("Deny") || refusal.isAudit) deny(refusal, binding);
        }
    }
  }
  const [first] = denied;
  if (!first) return;
  const { policy, binding, refusal } = first;
  const with_ = binding ? ` with binding '${binding.metadata.name}'` : "";
  const message = `ValidatingAdmissionPolicy '${policy.metadata.name}'${with_} denied request: ${refusal.message}`;
  const error = forbidden(groupResource(attributes.resource), attributes.name, message);
  throw new ApiStatusError(codes[refusal.reason] ?? 422, refusal.reason, error.message, {
    ...error.status.details,
    causes: [{ message }],
  });
}

function matched(constraints: MatchResources = {}, attributes: AdmissionAttributes, registry: Registry) {
  const { resourceRules, excludeResourceRules = [] } = constraints;
  if (!matchSelectors(constraints, attributes, registry)) return undefined;
  if (matchRules(excludeResourceRules, constraints, attributes, registry)) return undefined;
  // A binding without rules of its own takes what its policy takes.
  return resourceRules?.length
    ? matchRules(resourceRules, constraints, attributes, registry)
    : attributes.resource;
}
