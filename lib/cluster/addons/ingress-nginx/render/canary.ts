import type { Location, Upstream } from "../model/configuration";
import type { LocationVariables } from "./location-variables";
import { block, quote, quoteRegex } from "./text";

/** Header first, then cookie, then weight (ingress-nginx, balancer.lua). */
export function addCanary(
  id: string,
  { alternative }: Location,
  upstreams: ReadonlyMap<string, Upstream>,
  result: LocationVariables,
): void {
  if (!alternative || !upstreams.get(alternative.upstream)?.endpoints.length) return;
  const { settings, upstream } = alternative;
  const total = Math.max(settings["canary-weight-total"] ?? 100, 100);
  const percent = Math.min(100, Math.max(0, (100 * (settings["canary-weight"] ?? 0)) / total));
  const byWeight =
    percent <= 0 ? ['* "0";'] : percent >= 100 ? ['* "1";'] : [`${percent.toFixed(2)}% "1";`, '* "0";'];
  result.http.push(block(`split_clients "\${request_id}canary${id}" $canary_weight_${id}`, ...byWeight));
  let chosen = `$canary_weight_${id}`;
  const cookie = settings["canary-by-cookie"];
  if (cookie) {
    result.http.push(
      block(`map $cookie_${cookie} $canary_cookie_${id}`, `default ${chosen};`, "always 1;", "never 0;"),
    );
    chosen = `$canary_cookie_${id}`;
  }
  const header = settings["canary-by-header"];
  if (header) {
    const value = settings["canary-by-header-value"];
    const pattern = settings["canary-by-header-pattern"];
    const cases = value
      ? [`${quote(value)} 1;`]
      : pattern
        ? [`${quoteRegex(`~${pattern}`)} 1;`]
        : ["always 1;", "never 0;"];
    result.http.push(
      block(
        `map $http_${header.toLowerCase().replaceAll("-", "_")} $canary_header_${id}`,
        `default ${chosen};`,
        ...cases,
      ),
    );
    chosen = `$canary_header_${id}`;
  }
  result.http.push(
    block(`map ${chosen} $canary_${id}`, `default ${quote(result.target)};`, `1 ${quote(upstream)};`),
  );
  result.target = `$canary_${id}`;
}
