import { isDeepStrictEqual } from "node:util";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Gateway } from "@/lib/cluster/addons/gateway-api/types";
import type { Pod } from "@/lib/cluster/resources/types";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { registryOf } from "../data-plane/registry";
import { buildGraph } from "../model/build-graph";
import { authorityOf } from "../model/backend-tls";
import { pemOf } from "../model/certificates";
import { isFalse, isTrue } from "../model/conditions";
import type { GatewayState, Graph, Settings } from "../model/graph";
import { renderFiles } from "../render/http-conf";
import { authorityPath, certificatePath } from "../render/places";
import { addressesOf } from "./addresses";
import type { Caches } from "./caches";
import { dataPlaneName, dataPlaneObjects, gatewayLabel } from "./data-plane-objects";
import type { Log } from "./log";
import { parametersProblem, proxySettings } from "./nginx-proxy";
import type { ControllerOptions } from "./options";
import { deprovision, provision } from "./provision";
import {
  classStatus,
  gatewayStatus,
  policyStatus,
  routeStatus,
  staleRouteStatus,
  type StatusUpdate,
} from "./statuses";

interface Problem {
  reason: string;
  message: string;
}

/** Brings data planes and statuses to what the caches say; safe to repeat. */
export class Sync {
  readonly #settings: Settings;
  readonly #pod: Pod;
  #failure: Error | undefined;

  constructor(
    session: AgentSession,
    private readonly context: AddonContext,
    private readonly client: ClusterClient,
    private readonly caches: Caches,
    private readonly options: ControllerOptions,
    private readonly log: Log,
  ) {
    this.#pod = session.identity.pod!;
    this.#settings = {
      controllerName: options.controllerName,
      className: options.className,
      routeKinds: [...caches.routes.keys()],
      servesOneGateway: options.isStatic,
      reservedPorts: options.isStatic ? [options.healthPort, options.metricsPort] : [],
      parametersProblem: (gateway) => parametersProblem(gateway, this.#findProxy),
    };
  }

  readonly #findProxy = (namespace: string, name: string) => this.caches.proxies?.get(namespace, name);

  async run(): Promise<void> {
    const graph = buildGraph(this.caches.inputs, this.#settings);
    this.#checkClassParameters(graph);
    const problems = new Map<GatewayState, Problem | undefined>();
    await this.#release(graph);
    for (const state of graph.gateways) problems.set(state, await this.#configure(state, graph));
    await this.#writeStatuses(graph, problems);
    // Whoever called tries again, later and later.
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }

  #checkClassParameters({ classes }: Graph): void {
    for (const { gatewayClass, findings } of classes) {
      const reference = gatewayClass.spec.parametersRef;
      if (!reference || this.options.isStatic) continue;
      findings.push(
        this.#findProxy(reference.namespace ?? "", reference.name)
          ? isTrue("ResolvedRefs", "ResolvedRefs", "The ParametersRef resource is resolved")
          : isFalse("ResolvedRefs", "ParametersRefNotFound", "The ParametersRef resource could not be found"),
      );
    }
  }

  /** What was there for a gateway that is another controller's by now, or no gateway at all, serves nobody any more. */
  async #release(graph: Graph): Promise<void> {
    const served = new Set(graph.gateways.filter(({ isValid }) => isValid).map(({ gateway }) => gateway));
    try {
      if (this.options.isStatic) {
        if (served.size === 0) await this.#unload();
      } else
        for (const gateway of this.caches.gateways.list())
          if (!served.has(gateway) && this.#hasDataPlane(gateway)) await this.#deprovision(gateway);
    } catch (failure) {
      this.log("error", "error deprovisioning nginx resources", { error: (failure as Error).message });
      this.#failure = failure as Error;
    }
  }

  async #unload(): Promise<void> {
    const own = (pod: Pod) => pod.metadata.uid === this.#pod.metadata.uid;
    const files = renderFiles({ servers: [], upstreams: [], streams: [], certificates: [], authorities: [] });
    for (const { nginx } of registryOf(this.context).find(own)) await nginx.load(files);
  }

  #hasDataPlane(gateway: Gateway): boolean {
    const { namespace, uid } = gateway.metadata;
    const service = this.caches.services.get(namespace, dataPlaneName(gateway, this.options.className));
    return service?.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
  }

  async #deprovision(gateway: Gateway): Promise<void> {
    const settings = { deployment: {}, service: {} };
    const objects = dataPlaneObjects(gateway, settings, this.options, this.#pod.metadata.namespace!);
    await deprovision(this.client, objects, this.log);
  }

  /** Why the gateway's nginx does not have its configuration; undefined when it has. */
  async #configure(state: GatewayState, graph: Graph): Promise<Problem | undefined> {
    const { gateway, isValid, configuration } = state;
    if (!isValid) return undefined;
    const unmade = this.options.isStatic ? undefined : await this.#provision(state, graph);
    if (unmade) return unmade;
    const files = renderFiles(configuration);
    for (const key of configuration.certificates) {
      const [namespace = "", name = ""] = key.split("/");
      files.set(certificatePath(key), pemOf(this.caches.secrets.get(namespace, name)!));
    }
    for (const key of configuration.authorities) {
      const [namespace = "", name = ""] = key.split("/");
      files.set(authorityPath(key), authorityOf(this.caches.inputs, namespace, name)!);
    }
    const planes = registryOf(this.context).find((pod) => this.#isDataPlane(pod, state));
    if (planes.length === 0)
      return { reason: "Pending", message: "The Gateway is not programmed: no nginx is connected yet" };
    try {
      const loaded = await Promise.all(planes.map(({ nginx }) => nginx.load(files)));
      const where = `${gateway.metadata.namespace}/${gateway.metadata.name}`;
      if (loaded.includes(true))
        this.log("info", "NGINX configuration was successfully updated", { gateway: where });
      return undefined;
    } catch (failure) {
      const { message } = failure as Error;
      this.log("error", "Failed to update NGINX configuration", { error: message });
      return {
        reason: "Invalid",
        message: `The Gateway is not programmed due to a failure to reload nginx with the configuration: ${message}`,
      };
    }
  }

  /** Why a gateway's nginx cannot be made; others are made all the same. */
  async #provision({ gateway }: GatewayState, { classes }: Graph): Promise<Problem | undefined> {
    const own = classes.find(({ gatewayClass }) => gatewayClass.metadata.name === this.options.className)!;
    const settings = proxySettings(gateway, own.gatewayClass, this.#findProxy);
    const objects = dataPlaneObjects(gateway, settings, this.options, this.#pod.metadata.namespace!);
    try {
      await provision(this.client, objects, this.log);
      return undefined;
    } catch (failure) {
      const { message } = failure as Error;
      this.log("error", "error provisioning nginx resources", { error: message });
      this.#failure = failure as Error;
      return { reason: "Invalid", message: `The Gateway is not programmed: ${message}` };
    }
  }

  #isDataPlane({ metadata }: Pod, { gateway }: GatewayState): boolean {
    if (this.options.isStatic) return metadata.uid === this.#pod.metadata.uid;
    return (
      metadata.namespace === gateway.metadata.namespace &&
      metadata.labels?.[gatewayLabel] === gateway.metadata.name
    );
  }

  async #writeStatuses(
    graph: Graph,
    problems: ReadonlyMap<GatewayState, Problem | undefined>,
  ): Promise<void> {
    const now = new Date(this.context.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const { controllerName } = this.options;
    const attached = new Set(graph.routes.map(({ route }) => route));
    const updates = [
      ...graph.classes.map((state) => classStatus(state, now)),
      ...graph.gateways.map((state) =>
        gatewayStatus(state, this.#addresses(state), problems.get(state), now),
      ),
      ...graph.routes.map((state) => routeStatus(state, controllerName, now)),
      ...this.caches.inputs.routes
        .filter((route) => !attached.has(route))
        .flatMap((route) => staleRouteStatus(route, controllerName) ?? []),
      ...graph.policies.map((state) => policyStatus(state, controllerName, now)),
    ];
    for (const update of updates) await this.#write(update);
  }

  #addresses({ gateway }: GatewayState) {
    const { options, caches } = this;
    if (!options.isStatic)
      return addressesOf(
        caches.services.get(gateway.metadata.namespace, dataPlaneName(gateway, options.className)),
        undefined,
      );
    return addressesOf(caches.services.get(this.#pod.metadata.namespace, options.serviceName), this.#pod);
  }

  async #write({ resource, object }: StatusUpdate): Promise<void> {
    const former = this.#former(object);
    if (isDeepStrictEqual(former, object.status)) return;
    await this.client.updateStatus(resource, object).catch((failure: unknown) => {
      // It has changed or gone meanwhile: whatever did that calls again.
      if (isConflict(failure) || isNotFound(failure)) return;
      this.log("error", "Failed to update status", {
        kind: object.kind,
        name: object.metadata.name,
        error: (failure as Error).message,
      });
    });
  }

  #former({ kind, metadata: { namespace, name } }: StatusUpdate["object"]): unknown {
    const { caches } = this;
    const found =
      kind === "GatewayClass"
        ? caches.classes.get(undefined, name)
        : kind === "Gateway"
          ? caches.gateways.get(namespace, name)
          : (kind === "BackendTLSPolicy" ? caches.policies : caches.routes.get(kind))?.get(namespace, name);
    return found?.status;
  }
}
