import { badRequest, fieldInvalid, fieldRequired, invalid } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import type { AuthorizationAttributes } from "../authz/authorizer";
import type { PolicyRule } from "../authz/rbac";
import { wireUser } from "../authn/wire-user";
import { clone } from "../json";
import type { RequestContext, Resource } from "../registry/registry";
import { checkKind } from "../registry/create";
import type { UserInfo } from "../types";

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
}

interface AccessSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

type Reviewer = (api: Api, target: Target, object: KubeObject, context: RequestContext) => unknown;

const reviewers: Record<string, Reviewer> = {
  selfsubjectaccessreviews: (api, _target, object, { user }) => ({ status: access(api, object, user) }),
  subjectaccessreviews: (api, _target, object) => ({ status: access(api, object, subjectOf(object)) }),
  localsubjectaccessreviews: (api, target, object) => {
    const asked = (object.spec as AccessSpec | undefined)?.resourceAttributes?.namespace;
    if (asked !== target.namespace)
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${target.namespace}`);
    return { status: access(api, object, subjectOf(object)) };
  },
  selfsubjectrulesreviews: (api, _target, object, { user }) => ({ status: rules(api, object, user) }),
  selfsubjectreviews: (_api, _target, _object, { user }) => ({ status: { userInfo: wireUser(user) } }),
  tokenreviews: (api, _target, object) => ({ status: tokenReview(api, object) }),
};

const reviewGroups = new Set(["authorization.k8s.io", "authentication.k8s.io"]);

/** Kinds that are asked, not stored. */
export const isReview = ({ kind }: Resource) => reviewGroups.has(kind.group) && kind.plural in reviewers;

export async function review(
  api: Api,
  target: Target,
  input: KubeObject,
  context: RequestContext,
): Promise<KubeObject> {
  checkKind(target.resource, input);
  const object = clone(input);
  object.metadata = { ...object.metadata };
  const answer = (await reviewers[target.resource.kind.plural]!(api, target, object, context)) as object;
  return { ...object, ...answer };
}

function access(api: Api, object: KubeObject, user: UserInfo) {
  const { allowed, reason } = api.authorizer.authorize(attributes(object, user));
  return { allowed, ...(reason ? { reason } : {}) };
}

function attributes(object: KubeObject, user: UserInfo): AuthorizationAttributes {
  const { resourceAttributes: asked, nonResourceAttributes: path } = (object.spec ?? {}) as AccessSpec;
  const kind = { group: "authorization.k8s.io", kind: object.kind };
  if (asked && path)
    throw invalid(kind, "", [
      fieldInvalid(
        "spec.nonResourceAttributes",
        "",
        "cannot be specified in combination with resourceAttributes",
      ),
    ]);
  if (!asked && !path)
    throw invalid(kind, "", [
      fieldInvalid(
        "spec.resourceAttributes",
        null,
        "exactly one of nonResourceAttributes or resourceAttributes must be specified",
      ),
    ]);
  const nothing = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
  if (path) return { ...nothing, user, verb: path.verb ?? "", path: path.path ?? "" };
  const {
    namespace = "",
    verb = "",
    group = "",
    version = "",
    resource = "",
    subresource = "",
    name = "",
  } = asked!;
  return { user, verb, group, version, resource, subresource, namespace, name };
}

function subjectOf(object: KubeObject): UserInfo {
  const { user = "", groups = [], uid, extra } = (object.spec ?? {}) as AccessSpec;
  if (!user && groups.length === 0)
    throw invalid({ group: "authorization.k8s.io", kind: object.kind }, "", [
      fieldInvalid("spec.user", user, "at least one of user or group must be specified"),
    ]);
  return { name: user, groups, uid, extra };
}

function rules(api: Api, object: KubeObject, user: UserInfo) {
  const namespace = (object.spec as { namespace?: string } | undefined)?.namespace;
  if (!namespace) throw badRequest("no namespace on request");
  const resourceRules: object[] = [];
  const nonResourceRules: object[] = [];
  if (user.groups.includes("system:masters")) {
    resourceRules.push({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] });
    nonResourceRules.push({ verbs: ["*"], nonResourceURLs: ["*"] });
  }
  for (const granted of api.rbac.rulesOf(user, namespace)) {
    for (const rule of granted.rules) {
      if (rule.resources?.length) resourceRules.push(resourceRule(rule));
      if (rule.nonResourceURLs?.length)
        nonResourceRules.push({ verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs });
    }
  }
  return { resourceRules, nonResourceRules, incomplete: false };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): object {
  return { verbs, apiGroups, resources, ...(resourceNames?.length ? { resourceNames } : {}) };
}

function tokenReview(api: Api, object: KubeObject) {
  const { token, audiences } = (object.spec ?? {}) as { token?: string; audiences?: string[] };
  if (!token)
    throw invalid({ group: "authentication.k8s.io", kind: "TokenReview" }, "", [fieldRequired("spec.token")]);
  const found = api.tokens.authenticate(token, audiences?.length ? audiences : undefined);
  if (!found) return { authenticated: false, user: {}, error: "[invalid bearer token]" };
  return {
    authenticated: true,
    user: wireUser(found.user),
    ...(audiences?.length ? { audiences: found.audiences } : { audiences: [api.tokens.audience] }),
  };
}
