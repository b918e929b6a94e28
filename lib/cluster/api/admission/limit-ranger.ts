import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { compareQuantities, quantityToNumber } from "@/lib/cluster/resources/quantity";
import { podResources } from "./pod-resources";
import { isPod, type PodContainer, type PodObject } from "./pod-object";
import type { AdmissionPlugin } from "./plugin";

type Quantities = Record<string, string>;

interface LimitItem {
  type: string;
  max?: Quantities;
  min?: Quantities;
  default?: Quantities;
  defaultRequest?: Quantities;
  maxLimitRequestRatio?: Quantities;
}

interface LimitRange extends KubeObject {
  spec?: { limits?: LimitItem[] };
}

/** Defaults and bounds of a namespace's LimitRanges (plugin/pkg/admission/limitranger). */
export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",
  admit(attributes, registry) {
    if (attributes.operation !== "CREATE" || !isPod(attributes)) return;
    const items = itemsOf(
      registry.readAll("", "limitranges", attributes.namespace) as LimitRange[],
      "Container",
    );
    const pod = attributes.object as PodObject;
    const notes = [
      ...(pod.spec.initContainers ?? []).flatMap((one) => fillIn(one, items, "init container")),
      ...(pod.spec.containers ?? []).flatMap((one) => fillIn(one, items, "container")),
    ];
    if (notes.length > 0)
      pod.metadata.annotations = {
        ...pod.metadata.annotations,
        "kubernetes.io/limit-ranger": `LimitRanger plugin set: ${notes.join("; ")}`,
      };
  },
  validate(attributes, registry) {
    const { operation, resource, namespace, name, object, subresource } = attributes;
    if (operation === "DELETE" || subresource) return;
    const ranges = () => registry.readAll("", "limitranges", namespace) as LimitRange[];
    let errors: string[] = [];
    if (operation === "CREATE" && isPod(attributes)) errors = checkPod(object as PodObject, ranges());
    else if (resource.collection.id === "core/persistentvolumeclaims") {
      const requests =
        (object!.spec as { resources?: { requests?: Quantities } } | undefined)?.resources?.requests ?? {};
      errors = itemsOf(ranges(), "PersistentVolumeClaim").flatMap((item) =>
        check("PersistentVolumeClaim", item, requests, requests),
      );
    }
    if (errors.length === 0) return;
    const text = errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`;
    throw forbidden({ group: resource.kind.group, plural: resource.kind.plural }, name, text);
  },
};

const itemsOf = (ranges: LimitRange[], type: string) =>
  ranges.flatMap(({ spec }) => spec?.limits ?? []).filter((item) => item.type === type);

function fillIn(container: PodContainer, items: LimitItem[], what: string): string[] {
  const set: { request: string[]; limit: string[] } = { request: [], limit: [] };
  const resources = container.resources ?? {};
  const limits = { ...resources.limits };
  const requests = { ...resources.requests };
  for (const item of items) {
    for (const [name, value] of Object.entries(item.default ?? {}))
      if (limits[name] === undefined) {
        limits[name] = value;
        set.limit.push(name);
      }
    for (const [name, value] of Object.entries(item.defaultRequest ?? {}))
      if (requests[name] === undefined) {
        requests[name] = value;
        set.request.push(name);
      }
  }
  if (set.limit.length === 0 && set.request.length === 0) return [];
  container.resources = {
    ...resources,
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
  };
  return (["request", "limit"] as const).flatMap((kind) =>
    set[kind].length > 0 ? [`${set[kind].sort().join(", ")} ${kind} for ${what} ${container.name}`] : [],
  );
}

function checkPod(pod: PodObject, ranges: LimitRange[]): string[] {
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])];
  const total = podResources(pod);
  return [
    ...itemsOf(ranges, "Container").flatMap((item) =>
      containers.flatMap(({ resources }) =>
        check("Container", item, resources?.requests ?? {}, resources?.limits ?? {}),
      ),
    ),
    ...itemsOf(ranges, "Pod").flatMap((item) => check("Pod", item, total.requests, total.limits)),
  ];
}

function check(type: string, item: LimitItem, requests: Quantities, limits: Quantities): string[] {
  const errors: string[] = [];
  for (const [name, least] of Object.entries(item.min ?? {})) {
    const request = requests[name] ?? limits[name];
    if (request === undefined)
      errors.push(`minimum ${name} usage per ${type} is ${least}.  No request is specified`);
    else if (compareQuantities(request, least) < 0)
      errors.push(`minimum ${name} usage per ${type} is ${least}, but request is ${request}`);
  }
  for (const [name, most] of Object.entries(item.max ?? {})) {
    const limit = limits[name];
    if (limit === undefined)
      errors.push(`maximum ${name} usage per ${type} is ${most}.  No limit is specified`);
    else if (compareQuantities(limit, most) > 0)
      errors.push(`maximum ${name} usage per ${type} is ${most}, but limit is ${limit}`);
  }
  for (const [name, most] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined || limit === undefined)
      errors.push(
        `${name} max limit to request ratio per ${type} is ${most}, but no ${request === undefined ? "request" : "limit"} is specified or request is 0`,
      );
    else if (quantityToNumber(limit) / quantityToNumber(request) > quantityToNumber(most))
      errors.push(
        `${name} max limit to request ratio per ${type} is ${most}, but provided ratio is ${(quantityToNumber(limit) / quantityToNumber(request)).toFixed(6)}`,
      );
  }
  return errors;
}
