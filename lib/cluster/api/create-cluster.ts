import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { kinds } from "@/lib/cluster/resources";
import { rbacEscalation } from "./admission/rbac-escalation";
import { keepQuotaStatus } from "./admission/resource-quota";
import { admissionChain } from "./admission/chain";
import { Aggregator } from "./aggregation/aggregator";
import type { Api } from "./api";
import { withCompilers } from "./with-compilers";
import { TokenIssuer } from "./authn/service-account-tokens";
import { keepTokenSecrets } from "./authn/token-secrets";
import { aggregateRoles } from "./authz/aggregate-roles";
import { alwaysAllow } from "./authz/authorizer";
import { Backends } from "./backends/backends";
import { firstAllowing, NodeAuthorizer } from "./authz/node-authorizer";
import { RbacAuthorizer } from "./authz/rbac";
import { bootstrap } from "./bootstrap/bootstrap";
import { serveDefinitions } from "./crd/definitions";
import { EtcdStore } from "./etcd-store";
import { createApiServer } from "./http/server";
import { createClient } from "./in-process-client";
import type { NodeProxy } from "./node-proxy";
import { keepFlowSchemas } from "./registry/flow-schemas";
import { keepServiceAddresses } from "./registry/service-addresses";
import { expireEvents } from "./registry/expire-events";
import { Registry } from "./registry/registry";
import { openJournal } from "./store/journal";
import { Store } from "./store/store";
import type { ApiLimits, Cluster, ClusterOptions } from "./types";

const defaultLimits: ApiLimits = {
  inFlightMax: 200,
  watchesMax: 2000,
  connectionsMax: 2500,
  bodyBytesMax: 3 << 20,
  watchWindow: 1000,
  bookmarkEveryMs: 60_000,
};

/**
 * A control plane's API over its journal: replays what is there, or starts a new cluster with the objects that
 * upstream's API server makes at its first start. Throws AppError when the journal cannot be opened.
 */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? createLogger("kube-apiserver");
  const limits = { ...defaultLimits, ...options.limits };
  const journal = openJournal(options.journalPath);
  const store = new Store(journal, limits.watchWindow, (failure, what) =>
    logger.error({ err: failure }, what),
  );
  const registry = new Registry(store, clock, options.facts, kinds.map(withCompilers));
  let nodeProxy: NodeProxy | undefined = options.nodeProxy;
  const backends = new Backends(registry, (host, port, signal) => {
    if (!nodeProxy) throw new AppError("unavailable", "connect: no route to host");
    return nodeProxy.dial(host, port, signal);
  });
  const rbac = new RbacAuthorizer(registry);
  const aggregator = new Aggregator(registry, backends, logger, options.frontProxy);
  const api: Api = {
    backends,
    aggregator,
    rbac,
    registry,
    authorizer:
      options.authorization === "AlwaysAllow"
        ? alwaysAllow
        : firstAllowing(new NodeAuthorizer(registry), rbac),
    tokens: new TokenIssuer(registry, journal, clock, options.serviceAccountKeyPem),
    ca: options.ca,
    limits,
    logger,
    nodeProxy: () => nodeProxy,
  };
  registry.admission = [...admissionChain(backends, api.authorizer), rbacEscalation(api.authorizer)];
  await bootstrap(api);
  const releases = [
    aggregateRoles(api),
    serveDefinitions(api),
    keepQuotaStatus(api),
    expireEvents(api),
    keepServiceAddresses(api),
    keepTokenSecrets(api),
    keepFlowSchemas(api),
  ];
  aggregator.start();
  const server = createApiServer(api);
  return {
    client: (user) => createClient(api, user),
    server,
    etcd: new EtcdStore(store, journal, () => bootstrap(api)),
    setNodeProxy: (proxy) => {
      nodeProxy = proxy;
    },
    async close() {
      for (const release of releases) release();
      await aggregator.close();
      await server.close();
      await store.close();
    },
  };
}
