import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { none, orNone } from "../columns/format";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { canonicalResources } from "../pod-spec/defaults";
import type { Node, NodeAddress } from "../types";
import { duplicate, forbidden, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { cidr } from "../validation/ip";
import { labelValue, qualifiedName } from "../validation/names";

const rolePrefix = "node-role.kubernetes.io/";
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function status(node: Node): string {
  const ready = (node.status?.conditions ?? []).find(({ type }) => type === "Ready");
  const state = ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown";
  return node.spec?.unschedulable ? `${state},SchedulingDisabled` : state;
}

function roles(node: Node): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) found.add(key.slice(rolePrefix.length));
    else if (key === "kubernetes.io/role" && value) found.add(value);
  }
  return orNone([...found].sort().join(","));
}

const address = (type: NodeAddress["type"]) => (node: Node) =>
  (node.status?.addresses ?? []).find((one) => one.type === type)?.address ?? none;

const info = (name: "osImage" | "kernelVersion" | "containerRuntimeVersion") => (node: Node) =>
  node.status?.nodeInfo?.[name] || "<unknown>";

function validate({ spec }: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of (spec?.taints ?? []).entries()) {
    const at = `spec.taints[${index}]`;
    errors.push(...invalidEach(`${at}.key`, taint.key ?? "", qualifiedName(taint.key ?? "")));
    errors.push(...invalidEach(`${at}.value`, taint.value ?? "", labelValue(taint.value ?? "")));
    if (!taint.effect) errors.push(required(`${at}.effect`));
    else if (!effects.includes(taint.effect))
      errors.push(notSupported(`${at}.effect`, taint.effect, effects));
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key)) {
      errors.push({
        ...duplicate(at, taint),
        message: `${duplicate(at, taint).message}: taints must be unique by key and effect pair`,
      });
    }
    seen.add(key);
  }
  for (const [index, range] of (spec?.podCIDRs ?? []).entries()) {
    errors.push(...invalidEach(`spec.podCIDRs[${index}]`, range, cidr(range)));
  }
  if (spec?.podCIDR && spec.podCIDRs?.length && spec.podCIDRs[0] !== spec.podCIDR) {
    errors.push(invalid("spec.podCIDRs", spec.podCIDRs, "must match podCIDR"));
  }
  return errors;
}

function validateUpdate(node: Node, old: Node): FieldError[] {
  const before = old.spec?.podCIDRs ?? [];
  const changed = before.length > 0 && before.join() !== (node.spec?.podCIDRs ?? []).join();
  const errors = changed
    ? [forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')]
    : [];
  if (old.spec?.providerID && node.spec?.providerID !== old.spec.providerID) {
    errors.push(
      forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'),
    );
  }
  return errors;
}

export const node = defineKind<Node>("", "Node", {
  keepsStatusOnCreate: true,
  columns: [
    nameColumn(),
    text("Status", status),
    text("Roles", roles),
    ageColumn(),
    text("Version", (object) => object.status?.nodeInfo?.kubeletVersion ?? ""),
    wide("Internal-IP", address("InternalIP")),
    wide("External-IP", address("ExternalIP")),
    wide("OS-Image", info("osImage")),
    wide("Kernel-Version", info("kernelVersion")),
    wide("Container-Runtime", info("containerRuntimeVersion")),
  ],
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec?.unschedulable ?? false) },
  defaults(object) {
    object.spec ??= {};
    if (object.spec.podCIDR && !object.spec.podCIDRs?.length) object.spec.podCIDRs = [object.spec.podCIDR];
    canonicalResources(object.status?.capacity);
    canonicalResources(object.status?.allocatable);
    if (object.status && !object.status.allocatable && object.status.capacity) {
      object.status.allocatable = { ...object.status.capacity };
    }
  },
  validate,
  validateUpdate,
});
