import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";
import { watchLoop } from "@/lib/cluster/addons/agents/watch-loop";
import { untilAllowed } from "@/lib/cluster/addons/agents/until-allowed";
import { IngressCaches } from "@/lib/cluster/addons/ingress/caches";
import { NginxProcess } from "@/lib/cluster/addons/ingress/nginx-process";
import { pemOf } from "@/lib/cluster/addons/ingress-nginx/model/certificate-for";
import {
  addressesOfService,
  updateStatus,
} from "@/lib/cluster/addons/ingress-nginx/controller/update-status";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { Ingress } from "@/lib/cluster/resources/types";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import { isOwnIngress, routersOf } from "./model/routers";
import { readOptions, type TraefikOptions } from "./options";
import { certificatePath, places } from "./proxy/places";
import { renderConf, type Certificate } from "./proxy/render";

type Log = (level: "INF" | "ERR" | "WRN", text: string, fields?: Record<string, string>) => void;

/** Traefik with its provider for Ingresses (traefik pkg/provider/kubernetes/ingress): an nginx does what its routers say. */
export async function runTraefik(session: AgentSession, context: AddonContext): Promise<number | void> {
  const options = readOptions(session);
  const log: Log = (level, text, fields = {}) => {
    const stamp = new Date(context.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const rest = Object.entries(fields).map(
      ([name, value]) => ` ${name}=${/[\s"]/.test(value) ? JSON.stringify(value) : value}`,
    );
    session.print(`${stamp} ${level} ${text}${rest.join("")}`);
  };
  const version = imageVersion(session);
  if (!session.hello.isResumed)
    log("INF", `Traefik version ${version} built on 2025-01-01T00:00:00Z`, { version });
  await serveOwn(session, options);
  const nginx = new NginxProcess(session, places);
  await writeDefaultCertificate(session, context, nginx);
  if (!options.hasIngress) {
    await nginx.load(renderConf(options.entryPoints, [], [{ key: "default", hosts: [] }]));
    return void (await session.ended());
  }
  const client = inClusterClient(session, (text) => session.fail(1, text));
  if (!session.hello.isResumed) log("INF", "Starting provider *ingress.Provider");
  await untilAllowed(
    session,
    context,
    (["ingresses", "ingressClasses", "services", "endpointSlices", "secrets"] as const).map((name) => ({
      name: kinds[name],
      ref: refs[name],
    })),
  );
  if (session.signal.aborted) return;
  const caches = new IngressCaches(client, session.signal);
  await caches.start();
  const sync = new Sync(client, caches, nginx, options, log);
  await watchLoop(session, context, caches.sources, () => sync.run());
}

const kinds = {
  ingresses: "*v1.Ingress",
  ingressClasses: "*v1.IngressClass",
  services: "*v1.Service",
  endpointSlices: "*v1.EndpointSlice",
  secrets: "*v1.Secret",
};

/** Brings nginx and status to what the caches say; safe to repeat. */
class Sync {
  readonly #said = new Set<string>();

  constructor(
    private readonly client: ClusterClient,
    private readonly caches: IngressCaches,
    private readonly nginx: NginxProcess,
    private readonly options: TraefikOptions,
    private readonly log: Log,
  ) {}

  async run(): Promise<void> {
    const { caches, options } = this;
    const classes = caches.ingressClasses.list();
    const own = caches.ingresses
      .list()
      .filter((ingress) => isOwnIngress(ingress, classes, options))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const routers = routersOf(own, caches, options, (ingress, text) => this.#warn(ingress, text));
    const { certificates, files } = certificatesOf(own, caches, (ingress, text) => this.#warn(ingress, text));
    await this.nginx.writeFiles(files);
    const conf = renderConf(options.entryPoints, routers, certificates);
    if (!this.nginx.hasLoaded(conf))
      await this.nginx.load(conf).catch((failure: Error) => {
        this.log("ERR", "Error while building configuration", { error: failure.message });
      });
    const addresses = this.#addresses();
    if (addresses) await updateStatus(this.client, own, addresses);
  }

  #addresses() {
    const { publishedService, published } = this.options;
    if (!publishedService) return published.ip || published.hostname ? [published] : undefined;
    const [namespace = "", name = ""] = publishedService.split("/");
    const service = this.caches.service(namespace, name);
    // Of other Services than load balancers it writes what their status says: nothing.
    if (!service) return undefined;
    return service.spec.type === "LoadBalancer" ? addressesOfService(service) : [];
  }

  #warn(ingress: Ingress, text: string): void {
    const key = `${keyOf(ingress)} ${ingress.metadata.resourceVersion} ${text}`;
    if (this.#said.has(key)) return;
    if (this.#said.size > 1000) this.#said.clear();
    this.#said.add(key);
    const { name, namespace = "" } = ingress.metadata;
    this.log("ERR", text, { ingress: name, namespace, providerName: "kubernetes" });
  }
}

function certificatesOf(
  ingresses: Ingress[],
  caches: IngressCaches,
  warn: (ingress: Ingress, text: string) => void,
): { certificates: Certificate[]; files: Map<string, string> } {
  const certificates: Certificate[] = [{ key: "default", hosts: [] }];
  const files = new Map<string, string>();
  const taken = new Set<string>();
  for (const ingress of ingresses)
    for (const { secretName = "", hosts = [] } of ingress.spec?.tls ?? []) {
      if (secretName === "") continue;
      const namespace = ingress.metadata.namespace!;
      const key = `${namespace}/${secretName}`;
      const pem = pemOf(caches.secret(namespace, secretName));
      if (!pem) {
        warn(ingress, `Error configuring TLS: secret ${key} does not exist`);
        continue;
      }
      const named = hosts.length > 0 ? hosts : (ingress.spec?.rules ?? []).flatMap(({ host }) => host ?? []);
      const free = named.map((host) => host.toLowerCase()).filter((host) => !taken.has(host));
      for (const host of free) taken.add(host);
      files.set(certificatePath(key), pem);
      if (free.length > 0) certificates.push({ key, hosts: [...new Set(free)] });
    }
  return { certificates, files };
}

async function writeDefaultCertificate(
  session: AgentSession,
  { clock }: AddonContext,
  nginx: NginxProcess,
): Promise<void> {
  const path = certificatePath("default");
  // A process that goes on has it already.
  const known = await session.readFile(path).catch(() => undefined);
  const { certificatePem, privateKeyPem } = issue(createAuthority("TRAEFIK DEFAULT CERT", clock.now()), {
    commonName: "TRAEFIK DEFAULT CERT",
    usages: ["serverAuth"],
    dnsNames: ["traefik.default"],
    nowMs: clock.now(),
  });
  await nginx.writeFiles(new Map([[path, known ?? certificatePem + privateKeyPem]]));
}

/** /ping and /metrics, each on the entry point that it is told. */
async function serveOwn(session: AgentSession, { pingPort, metricsPort }: TraefikOptions): Promise<void> {
  const ping = { path: "/ping", body: "OK" };
  const metrics = { path: "/metrics", body: "traefik_config_reloads_total 1\n" };
  if (pingPort !== undefined)
    await session.listen("ping", {
      kind: "http",
      port: pingPort,
      routes: [ping, ...(metricsPort === pingPort ? [metrics] : [])],
    });
  if (metricsPort !== undefined && metricsPort !== pingPort)
    await session.listen("metrics", { kind: "http", port: metricsPort, routes: [metrics] });
}

function keyOf({ metadata }: Ingress): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function imageVersion(session: AgentSession): string {
  const images = session.identity.pod?.spec.containers.map(({ image = "" }) => image) ?? [];
  return images.map((image) => /traefik:v?(\d[\w.]*)/.exec(image)?.[1]).find(Boolean) ?? "3.5.0";
}
