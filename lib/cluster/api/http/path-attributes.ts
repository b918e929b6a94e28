import type { IncomingMessage } from "node:http";
import type { AuthorizationAttributes } from "../authz/authorizer";
import type { UserInfo } from "../types";
import { nonResourceVerb } from "./non-resource";
import type { RequestInfo } from "./request-info";
import { verbOf } from "./resource-request";

/** What a request is for, whether or not this server knows the resource. */
export function attributesOfPath(
  request: IncomingMessage,
  info: RequestInfo,
  user: UserInfo,
): AuthorizationAttributes {
  if (info.isResource) {
    const { group, version, plural, subresource, namespace = "", name } = info;
    const verb = verbOf(request.method, info);
    return { user, verb, group, version, resource: plural, subresource, namespace, name };
  }
  const nothing = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
  return { ...nothing, user, verb: nonResourceVerb(request.method), path: info.path };
}
