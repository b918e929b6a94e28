import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { nodeOf } from "../authz/node-authorizer";
import { deepEqual } from "../json";
import { groupResource, type Registry } from "../registry/registry";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin";

/** Throws 403 with the sentence. */
type Refuse = (why: string) => never;

/**
 * A kubelet changes its own node and the pods on it, nothing else (kubernetes 1.34 plugin/pkg/admission/noderestriction).
 * Whoever is in system:masters besides may do everything.
 */
export const nodeRestriction: AdmissionPlugin = {
  name: "NodeRestriction",
  validate(attributes, registry) {
    const { context, resource, name } = attributes;
    const node = nodeOf(context.user);
    if (node === undefined || context.user.groups.includes("system:masters")) return;
    const refuse: Refuse = (why) => {
      throw forbidden(groupResource(resource), name, why);
    };
    rules[resource.collection.id]?.(node, attributes, refuse, registry);
  },
};

const rules: Record<
  string,
  (node: string, attributes: AdmissionAttributes, refuse: Refuse, registry: Registry) => void
> = {
  "core/nodes": checkNode,

  "core/pods": (node, attributes, refuse, registry) => {
    const { subresource, operation, object, old } = attributes;
    if (subresource === "eviction") {
      if (nodeNameOf(registry.read("", "pods", attributes.namespace, attributes.name)) !== node)
        refuse(`node ${node} can only evict pods with spec.nodeName set to itself`);
    } else if (subresource === "status") {
      if (nodeNameOf(old) !== node)
        refuse(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
      if (!deepEqual(old?.metadata.labels ?? {}, object?.metadata.labels ?? {}))
        refuse(`node "${node}" cannot update labels through pod status`);
    } else if (subresource !== "")
      refuse(`unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`);
    else if (operation === "CREATE") checkMirrorPod(node, object!, refuse, registry);
    else if (operation === "DELETE") {
      if (nodeNameOf(old) !== node)
        refuse(`node "${node}" can only delete pods with spec.nodeName set to itself`);
    } else
      refuse(`unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`);
  },

  "core/persistentvolumeclaims": (_node, { subresource }, refuse) => {
    if (subresource !== "status") refuse("may only update PVC status");
  },

  "core/serviceaccounts": (node, { operation, subresource, object, namespace }, refuse, registry) => {
    if (operation !== "CREATE" || subresource !== "token") return;
    const { boundObjectRef: ref } = (object?.spec ?? {}) as {
      boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string };
    };
    if (ref?.kind !== "Pod" || (ref.apiVersion ?? "v1") !== "v1" || !ref.name)
      return refuse("node requested token not bound to a pod");
    if (!ref.uid) refuse("node requested token with a pod binding without a uid");
    const pod = registry.read("", "pods", namespace, ref.name);
    if (!pod) return refuse(`pod "${ref.name}" not found`);
    if (ref.uid !== pod.metadata.uid)
      refuse(
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record (${pod.metadata.uid}). The object might have been deleted and then recreated`,
      );
    if (nodeNameOf(pod) !== node) refuse("node requested token bound to a pod scheduled on a different node");
  },

  "coordination.k8s.io/leases": (node, { namespace, name }, refuse) => {
    if (namespace !== "kube-node-lease")
      refuse(`can only access leases in the "kube-node-lease" system namespace`);
    if (name !== node) refuse(`can only access node lease with the same name as the requesting node`);
  },

  "storage.k8s.io/csinodes": (node, { name }, refuse) => {
    if (name !== node) refuse("can only access CSINode with the same name as the requesting node");
  },
};

const nodeNameOf = (pod: KubeObject | undefined) =>
  (pod?.spec as { nodeName?: string } | undefined)?.nodeName ?? "";

function checkMirrorPod(node: string, pod: KubeObject, refuse: Refuse, registry: Registry): void {
  const { annotations, ownerReferences: owners = [] } = pod.metadata;
  const mirror = "kubernetes.io/config.mirror";
  if (annotations?.[mirror] === undefined)
    refuse(`pod does not have "${mirror}" annotation, node "${node}" can only create mirror pods`);
  if (nodeNameOf(pod) !== node)
    refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
  const [owner] = owners;
  if (owners.length > 1)
    refuse(`node "${node}" can only create pods with a single owner reference set to itself`);
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node)
    return refuse(`node "${node}" can only create pods with an owner reference set to itself`);
  if (!owner.controller)
    refuse(`node "${node}" can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion)
    refuse(`node "${node}" must not set blockOwnerDeletion on an owner reference`);
  const uid = registry.read("", "nodes", undefined, node)?.metadata.uid;
  if (owner.uid !== uid) refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
}

function checkNode(
  node: string,
  { name, operation, object, old }: AdmissionAttributes,
  refuse: Refuse,
): void {
  if (name !== node) refuse(`node "${node}" is not allowed to modify node "${name}"`);
  if (!object) return;
  const changed = changedLabels(object.metadata.labels, old?.metadata.labels).filter(isRestricted).sort();
  if (operation === "CREATE") {
    if (changed.length > 0)
      refuse(`node "${node}" is not allowed to set the following labels: ${changed.join(", ")}`);
    return;
  }
  const taintsOf = (one: KubeObject | undefined) =>
    (one?.spec as { taints?: unknown } | undefined)?.taints ?? [];
  if (!deepEqual(taintsOf(object), taintsOf(old))) refuse(`node "${node}" is not allowed to modify taints`);
  if (!deepEqual(object.metadata.ownerReferences ?? [], old?.metadata.ownerReferences ?? []))
    refuse(`node "${node}" is not allowed to modify ownerReferences`);
  if (changed.length > 0) refuse(`is not allowed to modify labels: ${changed.join(", ")}`);
}

type Labels = Record<string, string> | undefined;

const changedLabels = (now: Labels = {}, then: Labels = {}) =>
  [...new Set([...Object.keys(now), ...Object.keys(then)])].filter((key) => now[key] !== then[key]);

const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);

/** Labels of Kubernetes' own that a kubelet has no business with (kubelet/pkg/apis/well_known_labels.go). */
function isRestricted(key: string): boolean {
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  const within = (parent: string) => domain === parent || domain.endsWith(`.${parent}`);
  if (within("node-restriction.kubernetes.io")) return true;
  if (!within("kubernetes.io") && !within("k8s.io")) return false;
  return !kubeletLabels.has(key) && !within("kubelet.kubernetes.io") && !within("node.kubernetes.io");
}
