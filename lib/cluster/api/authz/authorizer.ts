import type { UserInfo } from "../types";

/** What is to be done to what; non-resource requests have a path. */
export interface AuthorizationAttributes {
  user: UserInfo;
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Set for requests outside /api and /apis. */
  path?: string;
}

export interface Decision {
  allowed: boolean;
  reason: string;
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision;
}

/** Everything is allowed to everybody. */
export const alwaysAllow: Authorizer = { authorize: () => ({ allowed: true, reason: "" }) };
