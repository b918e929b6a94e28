import { selectorOf, type LabelSelectorObject } from "@/lib/cluster/client/label-selector";
import { ApiStatusError } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import { clone } from "../json";
import { deleteObject, type DeleteOptions } from "../registry/delete";
import { internalContext, type RequestContext } from "../registry/registry";
import { updateObject } from "../registry/update";

interface Budget extends KubeObject {
  spec: { selector?: LabelSelectorObject; unhealthyPodEvictionPolicy?: string };
  status?: {
    disruptionsAllowed?: number;
    disruptedPods?: Record<string, string>;
    observedGeneration?: number;
  };
}

/** pods/eviction: a delete that a PodDisruptionBudget may refuse with 429 (pkg/registry/core/pod/storage/eviction.go). */
export async function evictPod(
  api: Api,
  { resource, namespace, name }: Target,
  eviction: KubeObject,
  context: RequestContext,
): Promise<KubeObject> {
  const { registry } = api;
  const pod = resource.collection.get(namespace, name)!.object;
  const options = (eviction.deleteOptions as DeleteOptions | undefined) ?? {};
  const phase = (pod.status as { phase?: string } | undefined)?.phase;
  const free =
    phase === "Succeeded" || phase === "Failed" || phase === "Pending" || pod.metadata.deletionTimestamp;
  if (!free) await spendBudget(api, pod, context);
  await deleteObject(registry, resource, namespace, name, context, options);
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  } as unknown as KubeObject;
}

async function spendBudget({ registry }: Api, pod: KubeObject, context: RequestContext): Promise<void> {
  const budgets = (
    registry.readAll("policy", "poddisruptionbudgets", pod.metadata.namespace) as Budget[]
  ).filter(({ spec }) => selectorOf(spec.selector)(pod.metadata.labels));
  if (budgets.length > 1)
    throw new ApiStatusError(
      500,
      "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  const budget = budgets[0];
  if (!budget) return;
  const { name, namespace } = budget.metadata;
  const observed = budget.status?.observedGeneration ?? 0;
  if (observed < (budget.metadata.generation ?? 0))
    throw blocked(`The disruption budget ${name} is still being processed by the server.`, 10);
  const status = (budget.status ?? {}) as { desiredHealthy?: number; currentHealthy?: number };
  const { desiredHealthy = 0, currentHealthy = 0 } = status;
  // A pod that is not ready is not what the budget protects, as long as the others meet it.
  const isMet = currentHealthy >= desiredHealthy && desiredHealthy > 0;
  if (!isReady(pod) && (budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow" || isMet)) return;
  if ((budget.status?.disruptionsAllowed ?? 0) <= 0) {
    throw blocked(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  if (context.dryRun) return;
  const budgetResource = registry.resource({
    group: "policy",
    version: "v1",
    plural: "poddisruptionbudgets",
  });
  await updateObject(
    registry,
    budgetResource,
    namespace,
    name,
    (current) => {
      const next = clone(current) as Budget;
      next.status = {
        ...next.status,
        disruptionsAllowed: (next.status?.disruptionsAllowed ?? 1) - 1,
        disruptedPods: {
          ...next.status?.disruptedPods,
          [pod.metadata.name]: new Date(registry.clock.now()).toISOString(),
        },
      };
      return next;
    },
    internalContext("kube-apiserver"),
    { subresource: "status" },
  );
}

function isReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some((one) => one.type === "Ready" && one.status === "True");
}

function blocked(why: string, retryAfterSeconds?: number): ApiStatusError {
  return new ApiStatusError(
    429,
    "TooManyRequests",
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: "DisruptionBudget", message: why }],
      ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
    },
  );
}
