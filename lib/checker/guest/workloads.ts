import type { CheckContext, ObjectRef } from "./context";
import type { ExpectOptions } from "./evidence";
import type { Condition, KubeObject, Workload } from "./kinds";

export type WorkloadKind = "Deployment" | "DaemonSet" | "StatefulSet";

export interface RolloutOptions extends ExpectOptions {
  /** Default 10 s. */
  withinMs?: number;
}

/** Expects what `kubectl rollout status` waits for: every pod is of the present template and available. */
export async function expectRollout(
  t: CheckContext,
  kind: WorkloadKind,
  ref: Required<ObjectRef>,
  { withinMs, ...options }: RolloutOptions,
): Promise<void> {
  const source = `kubectl rollout status ${kind.toLowerCase()}/${ref.name} -n ${ref.namespace}`;
  await t.eventually(
    async () => {
      const workload = await t.mustGet(kind, ref);
      const label = `${kind} ${ref.namespace}/${ref.name} is rolled out`;
      t.expect(label, rolloutState(kind, workload), { source, ...options }).toBe("rolled out");
    },
    withinMs === undefined ? {} : { withinMs },
  );
}

/** "rolled out", or what is still missing (kubectl's polymorphichelpers/rollout_status.go). */
export function rolloutState(kind: WorkloadKind, { metadata, spec, status = {} }: Workload): string {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return "not looked at yet";
  const of = (count: number | undefined, wanted: number, what: string) =>
    (count ?? 0) < wanted ? `${count ?? 0} of ${wanted} ${what}` : undefined;
  const done = "rolled out";
  if (kind === "DaemonSet") {
    const wanted = status.desiredNumberScheduled ?? 0;
    return (
      of(status.updatedNumberScheduled, wanted, "updated") ??
      of(status.numberAvailable, wanted, "available") ??
      done
    );
  }
  const wanted = spec.replicas ?? 1;
  if (kind === "StatefulSet") {
    const missing = of(status.readyReplicas, wanted, "ready");
    if (missing) return missing;
    return status.updateRevision === status.currentRevision ? done : `${status.updatedReplicas ?? 0} updated`;
  }
  const updated = status.updatedReplicas ?? 0;
  const old = (status.replicas ?? 0) - updated;
  return (
    of(updated, wanted, "updated") ??
    (old > 0 ? `${old} old pods` : undefined) ??
    of(status.availableReplicas, updated, "available") ??
    done
  );
}

export interface Endpoint {
  address: string;
  port: number;
  ready: boolean;
  /** Of the pod behind it. */
  pod?: string;
  node?: string;
}

/** Who is behind a Service, of all its slices, in the order of addresses. */
export async function endpointsOf(
  t: CheckContext,
  { namespace, name }: Required<ObjectRef>,
): Promise<Endpoint[]> {
  const slices = await t.cluster.list("EndpointSlice", {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  return slices
    .flatMap(({ endpoints, ports }) =>
      (endpoints ?? []).flatMap(({ addresses, conditions, nodeName, targetRef }) =>
        addresses.flatMap((address) =>
          (ports ?? []).map(({ port = 0 }) => ({
            ...{ address, port, ready: conditions?.ready !== false },
            ...{ node: nodeName, pod: targetRef?.kind === "Pod" ? targetRef.name : undefined },
          })),
        ),
      ),
    )
    .sort((a, b) => (a.address + a.port < b.address + b.port ? -1 : 1));
}

/** "True", "False" or "Unknown" of a condition in `.status.conditions`; undefined when the object has none of the type. */
export function conditionOf(object: KubeObject, type: string): Condition["status"] | undefined {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: Condition[] };
  return conditions.find((condition) => condition.type === type)?.status;
}
