import type { Location } from "../model/configuration";
import type { LocationVariables } from "./location-variables";
import { block, quote, quoteRegex } from "./text";

const corsMethods = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const corsHeaders =
  "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";

/** Headers for scripts of other origins, and the answer to their browsers' question in advance. */
export function addCors(id: string, { settings }: Location, result: LocationVariables): void {
  if (!settings["enable-cors"]) return;
  const origins = settings["cors-allow-origin"] ?? ["*"];
  const anyOrigin = origins.includes("*");
  const allowed = anyOrigin
    ? ["default *;"]
    : [
        'default "";',
        ...origins.map((origin) => `${quoteRegex(`~*^${originPattern(origin)}$`)} $http_origin;`),
      ];
  const credentials = settings["cors-allow-credentials"] ?? true;
  const values: [string, string][] = [
    ["Credentials", credentials ? "true" : ""],
    ["Methods", settings["cors-allow-methods"] ?? corsMethods],
    ["Headers", settings["cors-allow-headers"] ?? corsHeaders],
  ];
  result.http.push(
    block(`map $http_origin $cors_origin_${id}`, ...allowed),
    block(`map "$request_method:$cors_origin_${id}" $cors_preflight_${id}`, "default 0;", '"~^OPTIONS:." 1;'),
    ...values.map(([name, value]) =>
      block(`map $cors_origin_${id} $cors_${name.toLowerCase()}_${id}`, `default ${quote(value)};`, '"" "";'),
    ),
  );
  const headers = [
    `add_header Access-Control-Allow-Origin $cors_origin_${id} always;`,
    ...values.map(
      ([name]) => `add_header Access-Control-Allow-${name} $cors_${name.toLowerCase()}_${id} always;`,
    ),
    `add_header Access-Control-Max-Age ${settings["cors-max-age"] ?? 1_728_000} always;`,
  ];
  const exposed = settings["cors-expose-headers"];
  if (exposed) headers.push(`add_header Access-Control-Expose-Headers ${quote(exposed)} always;`);
  result.cors = { origin: `$cors_origin_${id}`, headers, isPreflight: `$cors_preflight_${id}` };
}

/** "https://*.example.com" stands for any one label. */
function originPattern(origin: string): string {
  return origin.replaceAll(".", "\\.").replaceAll("*", "[A-Za-z0-9-]+");
}
