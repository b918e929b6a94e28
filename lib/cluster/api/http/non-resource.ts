import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiStatusError, noSuchResource } from "@/lib/cluster/client/status";
import type { Api } from "../api";
import { answerDiscovery } from "./discovery";
import { answerHealth } from "./health";
import { answerOpenApi } from "./openapi";
import type { RequestInfo } from "./request-info";
import { sendJson } from "./respond";
import { versionInfo } from "./version";

type PathInfo = Extract<RequestInfo, { isResource: false }>;

export const nonResourceVerb = (method: string | undefined) => (method ?? "get").toLowerCase();

/** Everything outside the resources: discovery, documents, health, version. */
export async function answerNonResource(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  info: PathInfo,
): Promise<void> {
  const { path } = info;
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new ApiStatusError(
      405,
      "MethodNotAllowed",
      `the server does not allow this method on the requested resource`,
    );
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return answerHealth(api, response, info);
  if (path === "/version" || path === "/version/")
    return sendJson(response, 200, JSON.stringify(versionInfo(api), null, 2));
  if (path === "/openid/v1/jwks") return sendJson(response, 200, JSON.stringify(api.tokens.jwks()));
  if (path === "/.well-known/openid-configuration")
    return sendJson(response, 200, JSON.stringify(openIdConfiguration(api)));
  if (path.startsWith("/openapi/")) return answerOpenApi(api, request, response, info);
  if (path === "/") return sendJson(response, 200, JSON.stringify({ paths: rootPaths(api) }, null, 2));
  if (/^\/apis?(\/|$)/.test(path)) return answerDiscovery(api, request, response, path);
  throw noSuchResource();
}

function openIdConfiguration({ tokens }: Api): object {
  return {
    issuer: tokens.audience,
    jwks_uri: `${tokens.audience}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
}

function rootPaths({ registry }: Api): string[] {
  const groups = registry.kinds().filter(({ group }) => group);
  const paths = groups.flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`]);
  const others = [
    "/healthz",
    "/livez",
    "/openapi/v2",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/readyz",
    "/version",
    "/.well-known/openid-configuration",
  ];
  return ["/api", "/api/v1", "/apis", ...paths, ...others]
    .filter((path, at, all) => all.indexOf(path) === at)
    .sort();
}
