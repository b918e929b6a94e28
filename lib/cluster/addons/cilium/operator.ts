import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod } from "@/lib/cluster/resources/types";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { inClusterClient } from "../agents/in-cluster-client";
import { watchLoop } from "../agents/watch-loop";
import { customResource } from "../crds";
import { ciliumGroup, ciliumNodes, freePodCidr, onCiliumNodes, type CiliumNode } from "./cilium-nodes";
import { configValue } from "./config";
import { ciliumLine } from "./log";
import { version } from "./status";

const leases = { group: "coordination.k8s.io", version: "v1", plural: "leases" };
const crds = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
const lockName = "cilium-operator-resource-lock";

const kinds: [kind: string, plural: string, scope: string, shortNames: string[]][] = [
  ["CiliumNode", "ciliumnodes", "Cluster", ["cn", "ciliumn"]],
  ["CiliumEndpoint", "ciliumendpoints", "Namespaced", ["cep", "ciliumep"]],
  ["CiliumIdentity", "ciliumidentities", "Cluster", ["ciliumid"]],
  ["CiliumNetworkPolicy", "ciliumnetworkpolicies", "Namespaced", ["cnp", "ciliumnp"]],
  ["CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", "Cluster", ["ccnp"]],
  ["CiliumExternalWorkload", "ciliumexternalworkloads", "Cluster", ["cew"]],
];

/** cilium-operator-generic: makes Cilium's kinds and shares the pool out among the nodes (cilium/cilium operator/). */
export async function ciliumOperator(session: AgentSession, context: AddonContext): Promise<void> {
  const log = (text: string, fields: Record<string, string> = {}) =>
    session.announce(ciliumLine("info", text, { ...fields, subsys: "cilium-operator-generic" }));
  const die = (text: string) =>
    session.fail(1, ciliumLine("fatal", text, { subsys: "cilium-operator-generic" }));
  log(`Cilium Operator ${version(session)} go version go1.21.11 linux/amd64`);
  const client = inClusterClient(session, die);
  await session.listen("healthz", {
    kind: "http",
    address: "127.0.0.1",
    port: 9234,
    routes: [{ path: "/healthz", body: "ok\n" }],
  });
  log("Starting apiserver on address 127.0.0.1:9234");
  log("attempting to acquire leader lease kube-system/cilium-operator-resource-lock...");
  const pool = (await configValue(session, "cluster-pool-ipv4-cidr")) ?? "10.0.0.0/8";
  const prefix = Number((await configValue(session, "cluster-pool-ipv4-mask-size")) ?? 24);
  const isPool = ((await configValue(session, "ipam")) ?? "cluster-pool") === "cluster-pool";
  let isLeader = false;
  await watchLoop(
    session,
    context,
    [
      onCiliumNodes(client, context.clock),
      (trigger) => context.informers.nodes.onChange(trigger),
      (trigger) => context.informers.pods.onChange((pod, old) => isCilium(pod ?? old) && trigger()),
    ],
    async () => {
      if (!(await isFirst(session, context, client).catch((failure: Error) => die(failure.message)))) return;
      if (!isLeader) {
        isLeader = true;
        log("Leading the operator HA deployment");
        await makeKinds(session, client).catch((failure: Error) =>
          die(`Unable to register CRDs: ${failure.message}`),
        );
        if (isPool) log("Starting ClusterPool IP allocator", { ipv4CIDRs: pool });
      }
      if (isPool) await shareOut(client, pool, prefix);
      await tellThatItIsUp(context, client);
    },
  );
}

const isCilium = (pod: Pod | undefined) =>
  ["cilium", "cilium-operator"].includes(
    pod?.metadata.labels?.["k8s-app"] ?? pod?.metadata.labels?.["io.cilium/app"] ?? "",
  ) || pod?.metadata.labels?.["name"] === "cilium-operator";

/** Whether this operator holds the lock: it keeps it as long as its pod is there. */
async function isFirst(
  { identity: { pod } }: AgentSession,
  { informers }: AddonContext,
  client: ClusterClient,
): Promise<boolean> {
  const namespace = pod?.metadata.namespace ?? "kube-system";
  const self = pod?.metadata.name ?? "";
  const spec = { holderIdentity: self, leaseDurationSeconds: 15 };
  try {
    const lock = await client
      .get<KubeObject & { spec: { holderIdentity?: string } }>(leases, namespace, lockName)
      .catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
        return undefined;
      });
    const holder = lock?.spec.holderIdentity;
    if (holder === self) return true;
    if (holder && informers.pods.get(namespace, holder)) return false;
    if (lock) await client.update(leases, { ...lock, spec: { ...lock.spec, ...spec } });
    else
      await client.create(leases, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: lockName, namespace },
        spec,
      });
    return true;
  } catch (failure) {
    if (!isConflict(failure) && !isAlreadyExists(failure)) throw failure;
    return false;
  }
}

async function makeKinds(session: AgentSession, client: ClusterClient): Promise<void> {
  for (const [kind, plural, scope, shortNames] of kinds) {
    const name = `${kind}/v2`;
    await client
      .create(crds, customResource(ciliumGroup, kind, plural, scope, { names: { shortNames } }))
      .catch((failure: unknown) => {
        if (!isAlreadyExists(failure)) throw failure;
      });
    session.announce(
      ciliumLine("info", "CRD (CustomResourceDefinition) is installed and up-to-date", {
        name,
        subsys: "k8s",
      }),
    );
  }
}

async function shareOut(client: ClusterClient, pool: string, prefix: number): Promise<void> {
  const { items } = await client.list<CiliumNode>(ciliumNodes);
  const taken = items.flatMap(({ spec }) => spec.ipam?.podCIDRs ?? []);
  for (const node of items) {
    if (node.spec.ipam?.podCIDRs?.length) continue;
    const cidr = freePodCidr(pool, prefix, taken);
    if (!cidr) throw new Error(`no free range is left in ${pool}`);
    taken.push(cidr);
    await client.update<CiliumNode>(ciliumNodes, {
      ...node,
      spec: { ...node.spec, ipam: { ...node.spec.ipam, podCIDRs: [cidr] } },
    });
  }
}

/** The node's condition NetworkUnavailable, once its agent is ready. */
async function tellThatItIsUp({ informers, clock }: AddonContext, client: ClusterClient): Promise<void> {
  for (const node of informers.nodes.list()) {
    const known = node.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
    const isUp = informers.pods
      .list()
      .some(
        ({ metadata, spec, status }) =>
          metadata.labels?.["k8s-app"] === "cilium" &&
          spec.nodeName === node.metadata.name &&
          status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
      );
    if (!isUp || known?.reason === "CiliumIsUp") continue;
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const condition = {
      type: "NetworkUnavailable",
      status: "False",
      reason: "CiliumIsUp",
      message: "Cilium is running on this node",
      lastTransitionTime: now,
      lastHeartbeatTime: now,
    };
    await client.patch(
      refs.nodes,
      undefined,
      node.metadata.name,
      "application/strategic-merge-patch+json",
      { status: { conditions: [condition] } },
      { subresource: "status" },
    );
  }
}
