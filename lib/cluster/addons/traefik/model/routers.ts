import { endpointsOf } from "@/lib/cluster/addons/ingress-nginx/model/endpoints";
import type { Lookup } from "@/lib/cluster/addons/ingress-nginx/model/lookup";
import type { HttpIngressPath, Ingress, IngressBackend, IngressClass } from "@/lib/cluster/resources/types";
import type { TraefikOptions } from "../options";

export const traefikController = "traefik.io/ingress-controller";
const annotationPrefix = "traefik.ingress.kubernetes.io/";

/** One way to a Service: whose rule is longest goes first, whatever it is about. */
export interface Router {
  /** As Traefik writes it, which also is its priority's measure. */
  rule: string;
  priority: number;
  /** Matches the request's "HOST PATH", in lower case as far as the host goes. */
  pattern: string;
  /** Of the entry points; empty: all. */
  entryPoints: string[];
  isTls: boolean;
  /** "address:port" of the ready ones. */
  servers: string[];
}

const lowest = Number.MIN_SAFE_INTEGER;

/** Which Ingresses are Traefik's (traefik pkg/provider/kubernetes/ingress: shouldProcessIngress): also those without a class. */
export function isOwnIngress(
  { metadata, spec }: Ingress,
  classes: IngressClass[],
  { ingressClass }: Pick<TraefikOptions, "ingressClass">,
): boolean {
  if (spec?.ingressClassName !== undefined)
    return classes.some(
      (one) =>
        one.metadata.name === spec.ingressClassName &&
        one.spec?.controller === traefikController &&
        (ingressClass === "" || ingressClass === one.metadata.name),
    );
  const annotated = metadata.annotations?.["kubernetes.io/ingress.class"] ?? "";
  return annotated === ingressClass || (ingressClass === "" && annotated === "traefik");
}

/** The routers of all Ingresses, in the order in which they are tried. `warn` hears of backends that cannot be served. */
export function routersOf(
  ingresses: Ingress[],
  lookup: Lookup,
  options: Pick<TraefikOptions, "allowsEmptyServices" | "allowsExternalNames">,
  warn: (ingress: Ingress, text: string) => void,
): Router[] {
  const routers = ingresses.flatMap((ingress): Router[] => {
    const { rules = [], defaultBackend } = ingress.spec ?? {};
    const setting = (name: string) => ingress.metadata.annotations?.[annotationPrefix + name] ?? "";
    const common = {
      entryPoints: setting("router.entrypoints")
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
      isTls: setting("router.tls") === "true",
    };
    const serversOf = (backend: IngressBackend): string[] | undefined => {
      const found = resolve(ingress, backend, lookup, options);
      if (typeof found !== "string") return found;
      warn(ingress, found);
      return undefined;
    };
    const own: Router[] = [];
    const fallback = defaultBackend && serversOf(defaultBackend);
    if (fallback)
      own.push({
        ...common,
        rule: "PathPrefix(`/`)",
        priority: lowest,
        pattern: "^[^ ]* /",
        servers: fallback,
      });
    for (const { host = "", http } of rules)
      for (const path of http?.paths ?? []) {
        const servers = serversOf(path.backend);
        if (!servers) continue;
        const rule = ruleOf(host, path, setting("router.pathmatcher"));
        const priority = Number(setting("router.priority")) || rule.length;
        own.push({ ...common, rule, priority, pattern: patternOf(host, path), servers });
      }
    return own;
  });
  return routers.sort((a, b) => b.priority - a.priority || (a.rule < b.rule ? -1 : 1));
}

function ruleOf(host: string, { path = "", pathType }: HttpIngressPath, matcher: string): string {
  const hostRule = host.startsWith("*.")
    ? `HostRegexp(\`^[a-zA-Z0-9-]+${escape(host.slice(1))}$\`)`
    : `Host(\`${host}\`)`;
  const verb = pathType === "Exact" ? "Path" : pathType === "Prefix" ? "PathPrefix" : matcher || "PathPrefix";
  return [...(host ? [hostRule] : []), ...(path ? [`${verb}(\`${path}\`)`] : [])].join(" && ");
}

/** A prefix is one of the text: "/foo" is also one of "/foobar". */
function patternOf(host: string, { path = "", pathType }: HttpIngressPath): string {
  const hostPattern = host.startsWith("*.")
    ? `[a-z0-9-]+${escape(host.slice(1).toLowerCase())}`
    : host
      ? escape(host.toLowerCase())
      : "[^ ]*";
  return `^${hostPattern} ${escape(path || "/")}${pathType === "Exact" ? "$" : ""}`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Who serves a backend, or why nobody can. */
function resolve(
  { metadata }: Ingress,
  { service }: IngressBackend,
  lookup: Lookup,
  options: Pick<TraefikOptions, "allowsEmptyServices" | "allowsExternalNames">,
): string[] | string {
  if (!service) return "Cannot create service: backend without a service";
  const namespace = metadata.namespace!;
  const found = lookup.service(namespace, service.name);
  if (!found) return `Cannot create service: service not found`;
  if (found.spec.type === "ExternalName" && !options.allowsExternalNames)
    return `Cannot create service: externalName services not allowed: ${namespace}/${service.name}`;
  const wanted = service.port?.name ?? service.port?.number;
  if (!(found.spec.ports ?? []).some(({ name, port }) => name === wanted || port === wanted))
    return `Cannot create service: service port not found`;
  const servers = endpointsOf(namespace, service, lookup, { byService: false });
  if (servers.length === 0 && !options.allowsEmptyServices) return "Skipping service: no endpoints found";
  return servers;
}
