import type { Location, Upstream } from "../model/configuration";
import type { Settings } from "../settings/annotations";
import type { LocationVariables } from "./location-variables";
import { stickyUpstreams } from "./sticky";
import { block, quote } from "./text";

/** A client that brings the cookie goes where it was; another is sent somewhere and told by the cookie. */
export function addAffinity(
  id: string,
  { upstream }: Location,
  upstreams: ReadonlyMap<string, Upstream>,
  result: LocationVariables,
): void {
  const affinity = upstreams.get(upstream)?.affinity;
  const sticky = stickyUpstreams(upstreams.get(upstream));
  if (!affinity || sticky.length === 0) return;
  const cookie = affinity["session-cookie-name"] ?? "INGRESSCOOKIE";
  const share = (100 / sticky.length).toFixed(2);
  result.http.push(
    block(
      `split_clients "\${request_id}${id}" $sticky_pick_${id}`,
      ...sticky.map(({ key }, index) => `${index === sticky.length - 1 ? "*" : `${share}%`} ${quote(key)};`),
    ),
    block(
      `map $cookie_${cookie} $sticky_key_${id}`,
      `default $sticky_pick_${id};`,
      ...sticky.map(({ key }) => `${quote(key)} ${quote(key)};`),
    ),
    block(
      `map $sticky_key_${id} $sticky_upstream_${id}`,
      ...sticky.map(({ key, name }) => `${quote(key)} ${quote(name)};`),
    ),
    block(
      `map $cookie_${cookie} $sticky_cookie_${id}`,
      `default ${quote(`${cookie}=$sticky_key_${id}${cookieAttributes(affinity)}`)};`,
      ...sticky.map(({ key }) => `${quote(key)} "";`),
    ),
  );
  result.target = `$sticky_upstream_${id}`;
  result.headers.push(`add_header Set-Cookie $sticky_cookie_${id} always;`);
}

function cookieAttributes(settings: Settings): string {
  const attribute = (name: string, value: string | undefined) => (value ? `; ${name}=${value}` : "");
  return [
    `; Path=${settings["session-cookie-path"] ?? "/"}`,
    attribute("Domain", settings["session-cookie-domain"]),
    attribute("Max-Age", settings["session-cookie-max-age"]),
    settings["session-cookie-secure"] ? "; Secure" : "",
    "; HttpOnly",
    attribute("SameSite", settings["session-cookie-samesite"]),
  ].join("");
}
