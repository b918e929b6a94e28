import type { Logger } from "@/lib/core/logger";
import { type ApiStatusError, noSuchResource } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Aggregator } from "./aggregation/aggregator";
import type { Backends } from "./backends/backends";
import { checkAllowed } from "./authz/check";
import type { AuthorizationAttributes, Authorizer } from "./authz/authorizer";
import type { RbacAuthorizer } from "./authz/rbac";
import type { NodeProxy } from "./node-proxy";
import type { Registry, RequestContext, Resource } from "./registry/registry";
import type { TokenIssuer } from "./authn/service-account-tokens";
import type { ApiLimits, KeyPair, UserInfo } from "./types";

/** What the HTTP server and the in-process client share. */
export interface Api {
  registry: Registry;
  authorizer: Authorizer;
  /** For the list of what a user may do. */
  rbac: RbacAuthorizer;
  tokens: TokenIssuer;
  ca: KeyPair;
  /** Webhooks and aggregated servers. */
  backends: Backends;
  aggregator: Aggregator;
  limits: ApiLimits;
  logger: Logger;
  nodeProxy(): NodeProxy | undefined;
}

/** A request for a resource, before it is allowed. */
export interface Target {
  resource: Resource;
  namespace: string | undefined;
  name: string;
  subresource: string;
}

export function attributesOf(user: UserInfo, verb: string, target: Target): AuthorizationAttributes {
  const { kind } = target.resource;
  return {
    user,
    verb,
    group: kind.group,
    version: kind.version,
    resource: kind.plural,
    subresource: target.subresource,
    // A namespace itself is looked up in "its own" namespace, as upstream's request info has it.
    namespace: kind.plural === "namespaces" && kind.group === "" ? target.name : (target.namespace ?? ""),
    name: target.name,
  };
}

/** Throws 403 when the user may not. */
export function authorize(api: Api, user: UserInfo, verb: string, target: Target): void {
  checkAllowed(api.authorizer, attributesOf(user, verb, target));
}

/** POST of an object to a subresource: pods/binding, pods/eviction, serviceaccounts/token ... */
export type SubresourceCreator = (
  api: Api,
  target: Target,
  object: KubeObject,
  context: RequestContext,
) => Promise<KubeObject>;

export const unknownSubresource = (): ApiStatusError => noSuchResource();
