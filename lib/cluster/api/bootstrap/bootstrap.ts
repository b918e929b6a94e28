import { hasReason } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api } from "../api";
import { aggregateOnce } from "../authz/aggregate-roles";
import { rfc3339 } from "../json";
import { createObject } from "../registry/create";
import { internalContext, type Registry } from "../registry/registry";
import { updateObject } from "../registry/update";
import { registerApiServices } from "./api-services";
import { bootstrapFlowControl } from "./flow-control";
import { bootstrapPolicy } from "./policy";

type Seed = KubeObject;

const namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"];

const priorityClasses: Seed[] = [
  [
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ],
  [
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ],
].map(([name, value, description]) => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name: name as string },
  value,
  globalDefault: false,
  description,
  preemptionPolicy: "PreemptLowerPriority",
}));

const serviceCidrs = { group: "networking.k8s.io", version: "v1", plural: "servicecidrs" };
const serviceCidr = (cidr: string): Seed => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name: "kubernetes", finalizers: ["networking.k8s.io/service-cidr-finalizer"] },
  spec: { cidrs: [cidr] },
});

/** pkg/controlplane/controller/defaultservicecidr of kubernetes 1.34. */
async function reportServiceCidr(registry: Registry): Promise<void> {
  const resource = registry.find(serviceCidrs);
  const stored = resource?.collection.get(undefined, "kubernetes")?.object;
  if (!resource || !stored || (stored.status as { conditions?: unknown } | undefined)?.conditions) return;
  const condition = {
    type: "Ready",
    status: "True",
    reason: "",
    message: "Kubernetes default Service CIDR is ready",
    lastTransitionTime: rfc3339(registry.clock.now()),
  };
  await updateObject(
    registry,
    resource,
    undefined,
    "kubernetes",
    (current) => ({ ...current, status: { conditions: [condition] } }),
    internalContext("kube-apiserver"),
    { subresource: "status" },
  );
}

/** Makes what upstream's API server makes when it starts, where it is not there yet. */
export async function bootstrap(api: Api): Promise<void> {
  const { registry } = api;
  const context = internalContext("kube-apiserver");
  const seeds: Seed[] = [
    ...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...priorityClasses,
    ...bootstrapPolicy(),
    serviceCidr(registry.facts.serviceCidr),
    ...bootstrapFlowControl(),
  ];
  for (const seed of seeds) {
    const [group, version] = seed.apiVersion.includes("/")
      ? seed.apiVersion.split("/")
      : ["", seed.apiVersion];
    const resource = registry.findKind(group!, version!, seed.kind);
    if (!resource || resource.collection.get(seed.metadata.namespace, seed.metadata.name)) continue;
    try {
      await createObject(registry, resource, seed.metadata.namespace, seed, context);
    } catch (failure) {
      if (!hasReason(failure, "AlreadyExists")) throw failure;
    }
  }
  await reportServiceCidr(registry);
  await aggregateOnce(api);
  await registerApiServices(api);
  await registry.store.durable();
}
