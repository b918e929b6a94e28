import { join } from "node:path";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { klogLine } from "@/lib/cluster/addons/agents/klog";
import { serveWebhook } from "@/lib/cluster/addons/agents/serve-webhook";
import { NginxProcess } from "@/lib/cluster/addons/ingress/nginx-process";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Ingress } from "@/lib/cluster/resources/types";
import { checkIngress } from "../admission/check-ingress";
import { buildConfiguration, type ParsedIngress } from "../model/build-configuration";
import { certificateProblems } from "../model/certificate-for";
import { renderNginxConf } from "../render/nginx-conf";
import { certificatePath } from "../render/places";
import { readControllerConfig } from "../settings/controller-config";
import { readSettings } from "../settings/read-settings";
import type { Caches } from "./caches";
import { certificateFiles, passwordFile } from "./files";
import { isOwnIngress } from "./is-own-ingress";
import { splitKey, type ControllerOptions } from "./options";
import { addressesOfNodes, addressesOfService, updateStatus } from "./update-status";

export type Log = (severity: "I" | "W" | "E" | "F", where: string, text: string) => void;

/** Brings nginx, status and health to what the caches say; safe to repeat. */
export class Sync {
  readonly #nginx: NginxProcess;
  readonly #events: EventRecorder;
  readonly #seen = new Map<string, string>();
  #warned = new Set<string>();
  #isHealthy = false;

  constructor(
    private readonly session: AgentSession,
    private readonly context: AddonContext,
    private readonly client: ClusterClient,
    private readonly caches: Caches,
    private readonly options: ControllerOptions,
    private readonly log: Log,
  ) {
    this.#nginx = new NginxProcess(session, {
      conf: "/etc/nginx/nginx.conf",
      candidate: "/tmp/nginx/nginx-cfg.conf",
      pid: "/tmp/nginx/nginx.pid",
    });
    this.#events = new EventRecorder(client, { component: "nginx-ingress-controller" }, context.clock);
  }

  async start(): Promise<void> {
    const authority = createAuthority("Acme Co", this.context.clock.now());
    const { certificatePem, privateKeyPem } = issue(authority, {
      commonName: "Kubernetes Ingress Controller Fake Certificate",
      organizations: ["Acme Co"],
      usages: ["serverAuth"],
      dnsNames: ["ingress.local"],
      nowMs: this.context.clock.now(),
    });
    // A process that goes on has its certificate already.
    const known = await this.session.readFile(certificatePath("default")).catch(() => undefined);
    await this.#nginx.writeFiles(
      new Map([[certificatePath("default"), known ?? certificatePem + privateKeyPem]]),
    );
  }

  /** The webhook that refuses Ingresses, when the flags ask for it and its certificate is mounted. */
  async startWebhook(): Promise<{ stop(): Promise<void> } | undefined> {
    const { session, context, options, log } = this;
    const { webhook } = options;
    const uid = session.identity.pod?.metadata.uid;
    if (!webhook || !uid) return undefined;
    const [certificatePem, privateKeyPem] = await Promise.all(
      [webhook.certificatePath, webhook.keyPath].map((path) =>
        session
          .readFile(path)
          .catch((failure: Error) =>
            session.fail(1, klogLine("F", "nginx.go:145", failure.message, context.clock.now())),
          ),
      ),
    );
    const name = `webhook-${uid}.sock`;
    const server = await serveWebhook(
      join(context.socketFolder, name),
      { certificatePem: certificatePem!, privateKeyPem: privateKeyPem! },
      async ({ kind, object }) => {
        const ingress = object as Ingress | undefined;
        if (kind !== "Ingress" || !ingress || !this.#isOwn(ingress)) return undefined;
        const message =
          checkIngress(ingress, this.#own(), this.#config().config) ?? (await this.#tryOut(ingress));
        return message === undefined ? undefined : { message, code: 400, reason: "BadRequest" };
      },
    );
    await session.listen("webhook", { kind: "relay", port: webhook.port, to: `/run/examctl/${name}` });
    if (!session.hello.isResumed)
      log(
        "I",
        "nginx.go:339",
        `"Starting validation webhook" address=":${webhook.port}" certPath="${webhook.certificatePath}" keyPath="${webhook.keyPath}"`,
      );
    return server;
  }

  /** What nginx says of the configuration with an Ingress whose snippets could break it (ingress-nginx, testTemplate). */
  async #tryOut(ingress: Ingress): Promise<string | undefined> {
    if (!Object.keys(ingress.metadata.annotations ?? {}).some((key) => key.endsWith("-snippet")))
      return undefined;
    const { name, namespace } = ingress.metadata;
    const others = this.#own().filter(
      ({ metadata }) => metadata.name !== name || metadata.namespace !== namespace,
    );
    const { files, conf } = this.#render(this.#parse([...others, ingress]));
    await this.#nginx.writeFiles(files);
    return this.#nginx.test(conf).then(
      () => undefined,
      (failure: Error) => {
        const line = "-".repeat(79);
        return `\n${line}\nError: exit status 1\n${failure.message}\n\n${line}\n`;
      },
    );
  }

  #config() {
    const configMap = this.options.configMap && splitKey(this.options.configMap);
    return readControllerConfig(
      configMap ? this.caches.configMaps.get(configMap.namespace, configMap.name)?.data : undefined,
    );
  }

  #isOwn(ingress: Ingress): boolean {
    return isOwnIngress(ingress, (name) => this.caches.ingressClasses.get(undefined, name), this.options);
  }

  #own(): Ingress[] {
    return this.caches.ingresses.list().filter((ingress) => this.#isOwn(ingress));
  }

  /** Those whose annotations can be read. */
  #parse(ingresses: Ingress[]): ParsedIngress[] {
    const allowSnippets = this.#config().config["allow-snippet-annotations"];
    return ingresses.flatMap((ingress): ParsedIngress[] => {
      try {
        return [{ ingress, settings: readSettings(ingress, { allowSnippets }) }];
      } catch (failure) {
        this.log(
          "E",
          "store.go:962",
          `error reading Ingress ${keyOf(ingress)}: ${(failure as Error).message}`,
        );
        return [];
      }
    });
  }

  /** nginx.conf, and the files that it refers to. */
  #render(parsed: ParsedIngress[]): { conf: string; files: Map<string, string> } {
    const { caches, options } = this;
    const backend = options.defaultBackend && splitKey(options.defaultBackend);
    const configuration = buildConfiguration(
      parsed,
      caches,
      backend ? { defaultBackend: { ...backend, service: backend.name } } : {},
    );
    const files = new Map(certificateFiles(configuration, caches));
    for (const one of parsed) {
      const passwords = passwordFile(one, caches);
      if (passwords && "path" in passwords) files.set(passwords.path, passwords.content);
      else if (passwords)
        for (const server of configuration.servers)
          for (const location of server.locations)
            if (location.ingress === one.ingress) location.denied = passwords.denied;
    }
    const { config } = this.#config();
    return { files, conf: renderNginxConf(configuration, { config, ports: options.ports, resolvers: [] }) };
  }

  async run(): Promise<void> {
    const { options } = this;
    for (const warning of this.#config().warnings) this.log("W", "configmap.go:430", warning);
    const own = this.#own();
    this.#announce(own);
    const parsed = this.#parse(own);
    this.#warn(parsed.flatMap(({ ingress }) => certificateProblems(ingress, this.caches)));
    const { conf, files } = this.#render(parsed);
    await this.#nginx.writeFiles(files);
    if (!this.#nginx.hasLoaded(conf)) await this.#reload(conf);
    if (!this.#isHealthy) {
      await this.session.listen("health", {
        kind: "http",
        port: options.healthPort,
        routes: [{ path: "/healthz", body: "ok" }],
      });
      this.#isHealthy = true;
    }
    if (options.updatesStatus)
      await updateStatus(
        this.client,
        parsed.map(({ ingress }) => ingress),
        this.#addresses(),
      );
  }

  async #reload(conf: string): Promise<void> {
    const pod = this.session.identity.pod;
    this.log("I", "controller.go:196", '"Configuration changes detected, backend reload required"');
    try {
      await this.#nginx.load(conf);
    } catch (failure) {
      const text = (failure as Error).message;
      this.log("E", "controller.go:205", `Unexpected failure reloading the backend:\n${text}`);
      if (pod) this.#events.event(pod, "Warning", "RELOAD", `Error reloading NGINX: ${text}`);
      return;
    }
    this.log("I", "controller.go:216", '"Backend successfully reloaded"');
    if (pod)
      this.#events.event(pod, "Normal", "RELOAD", "NGINX reload triggered due to a change in configuration");
  }

  /** Once for as long as it lasts. */
  #warn(problems: string[]): void {
    for (const text of problems) if (!this.#warned.has(text)) this.log("W", "controller.go:1214", text);
    this.#warned = new Set(problems);
  }

  /** An event for each Ingress that is new or changed. */
  #announce(own: Ingress[]): void {
    const keys = new Set<string>();
    for (const ingress of own) {
      const key = ingress.metadata.uid!;
      keys.add(key);
      const spec = JSON.stringify([ingress.spec, ingress.metadata.annotations]);
      if (this.#seen.get(key) === spec) continue;
      if (!this.session.hello.isResumed || this.#isHealthy)
        this.#events.event(ingress, "Normal", "Sync", "Scheduled for sync");
      this.#seen.set(key, spec);
    }
    for (const key of this.#seen.keys()) if (!keys.has(key)) this.#seen.delete(key);
  }

  #addresses() {
    const { options, caches, context, session } = this;
    if (options.publishService) {
      const { namespace, name } = splitKey(options.publishService);
      const service = caches.services.get(namespace, name);
      return service ? addressesOfService(service) : [];
    }
    const { pod } = session.identity;
    const owner = pod?.metadata.ownerReferences?.[0]?.uid;
    const pods = context.informers.pods
      .list(pod?.metadata.namespace ?? "")
      .filter(({ metadata }) => owner !== undefined && metadata.ownerReferences?.[0]?.uid === owner);
    return addressesOfNodes(
      pods,
      (name) => context.informers.nodes.get(undefined, name),
      options.reportsInternalIp,
    );
  }
}

function keyOf({ metadata }: Ingress): string {
  return `${metadata.namespace}/${metadata.name}`;
}
