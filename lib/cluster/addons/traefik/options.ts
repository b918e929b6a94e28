import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

export interface EntryPoint {
  name: string;
  port: number;
  /** Everything that comes in by it is TLS. */
  isTls: boolean;
  /** What comes in is sent to this entry point, by its port or name. */
  redirectTo?: string;
}

export interface TraefikOptions {
  entryPoints: EntryPoint[];
  hasIngress: boolean;
  /** The name of an IngressClass, or of the annotation of before. */
  ingressClass: string;
  allowsEmptyServices: boolean;
  allowsExternalNames: boolean;
  /** "namespace/name" of the Service whose addresses stand in status. */
  publishedService: string | undefined;
  published: { ip?: string; hostname?: string };
  /** Where /ping is answered. */
  pingPort: number | undefined;
  metricsPort: number | undefined;
}

const internal = new Set(["traefik", "metrics"]);

/** The static configuration that is given by flags, whose names have no case (traefik cmd/traefik, pkg/config/static). */
export function readOptions({ hello }: Pick<AgentSession, "hello">): TraefikOptions {
  const flags = new Map(
    hello.argv.slice(1).flatMap((argument): [string, string][] => {
      const [, name, value] = /^--?([^=]+)(?:=([^]*))?$/.exec(argument) ?? [];
      return name ? [[name.toLowerCase(), value ?? "true"]] : [];
    }),
  );
  const text = (name: string) => flags.get(name.toLowerCase()) ?? "";
  const isSet = (name: string) => {
    const own = flags.get(name.toLowerCase());
    if (own !== undefined) return own !== "false";
    return [...flags.keys()].some((key) => key.startsWith(`${name.toLowerCase()}.`));
  };
  const all = readEntryPoints(flags);
  if (!all.some(({ name }) => !internal.has(name))) all.push({ name: "http", port: 80, isTls: false });
  const portOf = (name: string, otherwise?: number) =>
    all.find((one) => one.name === name)?.port ?? otherwise;
  const ingress = "providers.kubernetesingress";
  const endpoint = `${ingress}.ingressendpoint`;
  const hasTraefik = isSet("ping") || isSet("api.insecure");
  return {
    entryPoints: all.filter(({ name }) => !internal.has(name)),
    hasIngress: isSet(ingress),
    ingressClass: text(`${ingress}.ingressclass`),
    allowsEmptyServices: isSet(`${ingress}.allowemptyservices`),
    allowsExternalNames: isSet(`${ingress}.allowexternalnameservices`),
    publishedService: text(`${endpoint}.publishedservice`) || undefined,
    published: {
      ...(text(`${endpoint}.ip`) ? { ip: text(`${endpoint}.ip`) } : {}),
      ...(text(`${endpoint}.hostname`) ? { hostname: text(`${endpoint}.hostname`) } : {}),
    },
    pingPort: hasTraefik ? portOf(text("ping.entrypoint") || "traefik", 8080) : undefined,
    metricsPort: isSet("metrics.prometheus")
      ? portOf(text("metrics.prometheus.entrypoint") || "traefik")
      : undefined,
  };
}

function readEntryPoints(flags: ReadonlyMap<string, string>): EntryPoint[] {
  const found = new Map<string, EntryPoint>();
  for (const [key, value] of flags) {
    const [, name = "", setting = ""] = /^entrypoints\.([^.]+)\.(.+)$/.exec(key) ?? [];
    if (name === "") continue;
    const one = found.get(name) ?? { name, port: 0, isTls: false };
    found.set(name, one);
    if (setting === "address") one.port = Number(/:(\d+)(?:\/\w+)?$/.exec(value)?.[1] ?? 0);
    if (setting === "http.tls" && value !== "false") one.isTls = true;
    if (setting === "http.redirections.entrypoint.to") one.redirectTo = value;
  }
  return [...found.values()].filter(({ port }) => port > 0);
}
