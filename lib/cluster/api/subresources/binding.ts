import { conflict, notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import { clone, rfc3339 } from "../json";
import type { RequestContext } from "../registry/registry";
import { updateObject } from "../registry/update";

const pods = { group: "", plural: "pods" };

/** pods/binding: sets spec.nodeName once and the PodScheduled condition (pkg/registry/core/pod/storage). */
export async function bindPod(
  { registry }: Api,
  target: Target,
  binding: KubeObject,
  context: RequestContext,
): Promise<KubeObject> {
  const nodeName = (binding.target as { name?: string } | undefined)?.name;
  await updateObject(
    registry,
    target.resource,
    target.namespace,
    target.name,
    (current) => {
      const pod = clone(current) as KubeObject & {
        spec: { nodeName?: string; schedulingGates?: object[] };
        status?: { conditions?: { type: string }[]; nominatedNodeName?: string };
      };
      if (binding.metadata?.uid && binding.metadata.uid !== pod.metadata.uid)
        throw conflict(
          pods,
          target.name,
          `Precondition failed: UID in precondition: ${binding.metadata.uid}, UID in object meta: ${pod.metadata.uid}`,
        );
      if (!nodeName) throw notFound({ group: "", plural: "nodes" }, "");
      if (pod.metadata.deletionTimestamp)
        throw conflict(
          { group: "", plural: "pods/binding" },
          target.name,
          `pod ${target.name} is being deleted, cannot be assigned to a host`,
        );
      if (pod.spec.nodeName)
        throw conflict(
          { group: "", plural: "pods/binding" },
          target.name,
          `pod ${target.name} is already assigned to node "${pod.spec.nodeName}"`,
        );
      if ((pod.spec.schedulingGates ?? []).length > 0)
        throw conflict(
          { group: "", plural: "pods/binding" },
          target.name,
          `pod ${target.name} has non-empty .spec.schedulingGates`,
        );
      pod.spec.nodeName = nodeName;
      const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
      const scheduled = {
        type: "PodScheduled",
        status: "True",
        lastProbeTime: null,
        lastTransitionTime: rfc3339(registry.clock.now()),
      };
      // It has its place: ClearingNominatedNodeNameAfterBinding.
      const { nominatedNodeName: _taken, ...status } = pod.status ?? {};
      pod.status = { ...status, conditions: [...others, scheduled] };
      return pod;
    },
    context,
    { subresource: "binding", restrict: () => undefined },
  );
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  } as unknown as KubeObject;
}
