import { forbidden, ApiStatusError } from "@/lib/cluster/client/status";
import type { AuthorizationAttributes, Authorizer } from "./authorizer";

/** Throws 403 with upstream's sentence (apiserver 1.34 pkg/endpoints/handlers/responsewriters/errors.go). */
export function checkAllowed(authorizer: Authorizer, attributes: AuthorizationAttributes): void {
  const { allowed, reason } = authorizer.authorize(attributes);
  if (allowed) return;
  throw denied(attributes, reason);
}

export function denied(attributes: AuthorizationAttributes, reason = ""): ApiStatusError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const because = reason ? `: ${reason}` : "";
  if (path !== undefined) {
    return new ApiStatusError(
      403,
      "Forbidden",
      `forbidden: User "${user.name}" cannot ${verb} path "${path}"${because}`,
      {},
    );
  }
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? ` in the namespace "${namespace}"` : " at the cluster scope";
  return forbidden(
    { group, plural: resource },
    name,
    `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}"${where}${because}`,
  );
}
