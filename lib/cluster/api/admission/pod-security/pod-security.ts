import { forbidden, invalid } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod } from "@/lib/cluster/resources/types";
import { groupResource, type Registry } from "@/lib/cluster/api/registry/registry";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin";
import { podIn, type PodLike } from "./check";
import { detailText, reasonText, violations } from "./evaluate";
import { isStricter, levelText, policyOf, sameLevel, type LevelVersion } from "./policy";

const controllers = new Set([
  "core/podtemplates",
  "core/replicationcontrollers",
  "apps/daemonsets",
  "apps/deployments",
  "apps/replicasets",
  "apps/statefulsets",
  "batch/cronjobs",
  "batch/jobs",
]);
const podsCheckedMax = 3000;

/**
 * PodSecurity: the Pod Security Standards by the labels of a namespace (pod-security-admission 0.34
 * admission/admission.go). Pods are refused by `enforce`; pods and what makes them are warned of by `warn`. There is no
 * audit log to write to.
 */
export const podSecurity: AdmissionPlugin = {
  name: "PodSecurity",
  validate(attributes, registry) {
    const { resource, operation, subresource, object } = attributes;
    if (!object || (operation !== "CREATE" && operation !== "UPDATE")) return;
    const id = resource.collection.id;
    if (id === "core/namespaces") {
      if (subresource === "") checkNamespace(attributes, object, registry);
    } else if (id === "core/pods") {
      if (["", "ephemeralcontainers", "resize"].includes(subresource))
        checkPod(attributes, object, registry, true);
    } else if (controllers.has(id) && subresource === "") checkPod(attributes, object, registry, false);
  },
};

function checkPod(
  attributes: AdmissionAttributes,
  object: KubeObject,
  registry: Registry,
  enforced: boolean,
): void {
  const { namespace, name, context, resource, old, operation } = attributes;
  const labels = registry.read("", "namespaces", undefined, namespace ?? "")?.metadata.labels;
  if (!labels) return;
  const { policy } = policyOf(labels);
  if (policy.warn.level === "privileged" && (!enforced || policy.enforce.level === "privileged")) return;
  const pod = podIn(object);
  if (!pod) return;
  if (enforced && operation === "UPDATE" && !isSignificant(pod, podIn(old!)!)) return;
  if (enforced) {
    const broken = violations(policy.enforce, pod);
    if (broken.length > 0)
      throw forbidden(
        groupResource(resource),
        name,
        `violates PodSecurity "${levelText(policy.enforce)}": ${detailText(broken)}`,
      );
  }
  const broken = violations(policy.warn, pod);
  if (broken.length > 0)
    context.warnings.push(`would violate PodSecurity "${levelText(policy.warn)}": ${detailText(broken)}`);
}

/** Only containers added and images changed make a pod worth another look. */
function isSignificant({ spec }: PodLike, { spec: old }: PodLike): boolean {
  for (const list of ["containers", "initContainers"] as const) {
    const [now, then] = [spec[list] ?? [], old[list] ?? []];
    if (now.length !== then.length || now.some(({ image }, at) => image !== then[at]!.image)) return true;
  }
  const ephemeral = (one: object) =>
    (one as { ephemeralContainers?: { name: string; image?: string }[] }).ephemeralContainers ?? [];
  return ephemeral(spec).some(({ name, image }) => {
    const before = ephemeral(old).find((one) => one.name === name);
    return !before || before.image !== image;
  });
}

function checkNamespace(
  { name, old, resource, context }: AdmissionAttributes,
  object: KubeObject,
  registry: Registry,
): void {
  const { policy, errors } = policyOf(object.metadata.labels);
  const before = old ? policyOf(old.metadata.labels) : undefined;
  if (errors.length > 0 && JSON.stringify(errors) !== JSON.stringify(before?.errors))
    throw invalid(resource.kind, name, errors);
  if (!before) return;
  const [now, then] = [policy.enforce, before.policy.enforce];
  if (sameLevel(now, then) || now.level === "privileged") return;
  if (now.minor === then.minor && !isStricter(now.level, then.level)) return;
  context.warnings.push(...existingPods(name, now, registry.readAll("", "pods", name) as unknown as Pod[]));
}

/** Pods that the new level would refuse, told together by what they break. */
function existingPods(namespace: string, level: LevelVersion, pods: Pod[]): string[] {
  const checked = distinctFirst(pods).slice(0, podsCheckedMax);
  const byReason = new Map<string, string[]>();
  for (const pod of checked) {
    const broken = violations(level, pod);
    if (broken.length === 0) continue;
    const reason = reasonText(broken);
    byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
  }
  const lines = [...byReason].map(([reason, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? "" : ` (and ${others} other pod${others === 1 ? "" : "s"})`;
    return `${names.sort()[0]}${more}: ${reason}`;
  });
  return [
    ...(checked.length < pods.length
      ? [
          `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`,
        ]
      : []),
    ...(lines.length > 0
      ? [
          `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${levelText(level)}"`,
        ]
      : []),
    ...lines.sort(),
  ];
}

/** One pod of each controller before its copies. */
function distinctFirst(pods: Pod[]): Pod[] {
  const seen = new Set<string>();
  const copies: Pod[] = [];
  const first = pods.filter((pod) => {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
    if (owner === undefined || !seen.has(owner)) return (owner !== undefined && seen.add(owner)) || true;
    copies.push(pod);
    return false;
  });
  return [...first, ...copies];
}
