import type { UserInfo } from "../types";

/** authentication.k8s.io/v1 UserInfo. */
export function wireUser({ name, uid, groups, extra }: UserInfo) {
  return { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}
