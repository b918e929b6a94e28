import type { Environment } from "@marcbachmann/cel-js";

/** A URL as Go's net/url parses a request URI: absolute, or an absolute path. */
class CelUrl {
  constructor(
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {}
}

function parseUrl(text: string): CelUrl | undefined {
  // oxlint-disable-next-line no-control-regex
  if (text === "" || /[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const [, scheme = "", , host = "", path = "", , query = ""] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(\/\/([^/?]*))?([^?]*)(\?(.*))?$/s.exec(text) ?? [];
  if (scheme === "" && !text.startsWith("/")) return undefined;
  const authority = host.slice(host.lastIndexOf("@") + 1);
  if (!/^(?:\[[0-9a-fA-F:.%]+\]|[^[\]:]*)(?::\d*)?$/.test(authority)) return undefined;
  return new CelUrl(scheme.toLowerCase(), authority, path, query);
}

function url(text: string): CelUrl {
  const found = parseUrl(text);
  if (!found)
    throw new Error(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return found;
}

const portOf = ({ host }: CelUrl) => /:(\d*)$/.exec(host)?.[1] ?? "";

function queryOf({ query }: CelUrl): Record<string, string[]> {
  const result: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of new URLSearchParams(query)) (result[name] ??= []).push(value);
  return { ...result };
}

/** url() with its methods (apiserver 1.34 pkg/cel/library/urls.go). */
export function addUrlLibrary(environment: Environment): Environment {
  return environment
    .registerType("kubernetes.URL", { ctor: CelUrl })
    .registerFunction("isURL(string): bool", (text: string) => parseUrl(text) !== undefined)
    .registerFunction("url(string): kubernetes.URL", url)
    .registerFunction("kubernetes.URL.getScheme(): string", ({ scheme }: CelUrl) => scheme)
    .registerFunction("kubernetes.URL.getHost(): string", ({ host }: CelUrl) => host)
    .registerFunction("kubernetes.URL.getHostname(): string", ({ host }: CelUrl) =>
      host.replace(/:\d*$/, "").replace(/^\[|\]$/g, ""),
    )
    .registerFunction("kubernetes.URL.getPort(): string", portOf)
    .registerFunction("kubernetes.URL.getEscapedPath(): string", ({ path }: CelUrl) => path)
    .registerFunction("kubernetes.URL.getQuery(): map<string, list<string>>", queryOf);
}
