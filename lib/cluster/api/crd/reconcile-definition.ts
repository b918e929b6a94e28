import { approvalOf } from "@/lib/cluster/resources/customresourcedefinition/approval";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Condition, CustomResourceDefinition, CustomResourceNames } from "@/lib/cluster/resources/types";
import type { Api } from "../api";
import { deepEqual, rfc3339 } from "../json";
import { deleteObject } from "../registry/delete";
import { internalContext } from "../registry/registry";
import { updateObject } from "../registry/update";
import type { ConditionState } from "./accept-names";

const finalizer = "customresourcecleanup.apiextensions.k8s.io";
const context = internalContext("kube-apiserver");

/** Brings status and finalizer to what they should be; of a definition that ends, removes the objects first. */
export async function reconcileDefinition(
  api: Api,
  definition: CustomResourceDefinition,
  accepted: { names: CustomResourceNames; condition: ConditionState },
): Promise<void> {
  const { registry } = api;
  const resource = registry.findKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")!;
  const { name, deletionTimestamp, finalizers = [] } = definition.metadata;
  const update = (change: (current: KubeObject) => KubeObject, subresource = "") =>
    updateObject(registry, resource, undefined, name, change, context, { subresource }).catch(ignoreGone);
  const setStatus = (states: ConditionState[]) =>
    update((current) => {
      const { status = {} } = current as unknown as CustomResourceDefinition;
      const conditions = withConditions(status.conditions ?? [], states, registry.clock.now());
      return { ...unversioned(current), status: { ...status, acceptedNames: accepted.names, conditions } };
    }, "status");

  if (deletionTimestamp) {
    if (!finalizers.includes(finalizer)) return;
    const wasServed = isTrue(definition, "Established");
    if (wasServed && (await removeObjects(api, definition))) {
      const state = {
        type: "Terminating",
        status: "True",
        reason: "InstanceDeletionInProgress",
        message: "CustomResource deletion is in progress",
      } as const;
      if (!isTrue(definition, "Terminating")) await setStatus([state]);
      return;
    }
    await update((current) => withFinalizers(current, (list) => list.filter((one) => one !== finalizer)));
    return;
  }
  const states = statesOf(definition, accepted.condition);
  const present = definition.status?.conditions ?? [];
  const isSettled =
    deepEqual(definition.status?.acceptedNames, accepted.names) &&
    states.every((state) => present.some((one) => deepEqual({ ...one, ...state }, one)));
  if (!isSettled) await setStatus(states);
}

/** What is true of a definition that stays; established once is established for good. */
function statesOf(definition: CustomResourceDefinition, names: ConditionState): ConditionState[] {
  const states = [names];
  if (!isTrue(definition, "Established"))
    states.push(
      names.status === "True"
        ? {
            type: "Established",
            status: "True",
            reason: "InitialNamesAccepted",
            message: "the initial names have been accepted",
          }
        : {
            type: "Established",
            status: "False",
            reason: "NotAccepted",
            message: "not all names are accepted",
          },
    );
  const approval = approvalOf(definition);
  if (approval)
    states.push({
      type: "KubernetesAPIApprovalPolicyConformant",
      status: approval.state === "ApprovedAnnotation" ? "True" : "False",
      reason: approval.state,
      message: approval.message,
    });
  return states;
}

function withConditions(present: Condition[], states: ConditionState[], nowMs: number): Condition[] {
  const conditions = [...present];
  for (const state of states) {
    const at = conditions.findIndex(({ type }) => type === state.type);
    const before = conditions[at];
    const lastTransitionTime =
      before?.status === state.status && before.lastTransitionTime
        ? before.lastTransitionTime
        : rfc3339(nowMs);
    const next = { ...state, lastTransitionTime } as Condition;
    if (at < 0) conditions.push(next);
    else conditions[at] = next;
  }
  return conditions;
}

const isTrue = ({ status }: CustomResourceDefinition, wanted: string) =>
  status?.conditions?.some((one) => one.type === wanted && one.status === "True") ?? false;

/** True while objects are left whose finalizers somebody else has to remove. */
async function removeObjects(api: Api, { spec }: CustomResourceDefinition): Promise<boolean> {
  const { registry } = api;
  const kind = spec.versions.find((version) => version.served);
  const resource =
    kind && registry.find({ group: spec.group, version: kind.name, plural: spec.names.plural });
  if (!resource) return false;
  for (const { object } of [...resource.collection.list()]) {
    const { namespace, name, deletionTimestamp } = object.metadata;
    if (!deletionTimestamp)
      await deleteObject(registry, resource, namespace, name, context).catch(ignoreGone);
  }
  return resource.collection.count > 0;
}

function withFinalizers(object: KubeObject, change: (finalizers: string[]) => string[]): KubeObject {
  const { metadata } = unversioned(object);
  return { ...object, metadata: { ...metadata, finalizers: change(metadata.finalizers ?? []) } };
}

function unversioned(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function ignoreGone(failure: unknown): void {
  if ((failure as { code?: number }).code !== 404) throw failure as Error;
}
