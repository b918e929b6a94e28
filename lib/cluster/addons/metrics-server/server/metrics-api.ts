import { parseLabelSelector } from "@/lib/cluster/client/label-selector";
import { badRequest, notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Measured, Storage } from "../model/storage";

const apiVersion = "metrics.k8s.io/v1beta1";
const root = `/apis/${apiVersion}`;
const version = { groupVersion: apiVersion, version: "v1beta1" };
const group = { name: "metrics.k8s.io", versions: [version], preferredVersion: version };
const readOnly = (name: string, kind: string, namespaced: boolean) => ({
  ...{ name, singularName: "", namespaced, kind, verbs: ["get", "list"] },
});

export interface Listed {
  nodes(): KubeObject[];
  pods(): KubeObject[];
}

/** What a path of the API asks for, for authorization; undefined for discovery. */
export interface Asked {
  resource: "nodes" | "pods";
  namespace?: string;
  name?: string;
}

export function askedOf(path: string): Asked | undefined {
  if (!path.startsWith(`${root}/`)) return undefined;
  const parts = path.slice(root.length + 1).split("/");
  const namespace = parts[0] === "namespaces" && parts.length > 2 ? parts.splice(0, 2)[1] : undefined;
  const [resource, name, ...rest] = parts;
  const isKnown = namespace === undefined ? resource === "nodes" || resource === "pods" : resource === "pods";
  if (!isKnown || rest.length > 0) return undefined;
  if (resource === "pods" && name !== undefined && namespace === undefined) return undefined;
  return {
    resource: resource as Asked["resource"],
    ...(namespace === undefined ? {} : { namespace }),
    ...(name ? { name } : {}),
  };
}

/** Discovery; undefined for a path that it does not have. */
export function discovery(path: string): object | undefined {
  switch (path) {
    case "/apis":
      return { kind: "APIGroupList", apiVersion: "v1", groups: [group] };
    case "/apis/metrics.k8s.io":
      return { kind: "APIGroup", apiVersion: "v1", ...group };
    case root:
      return {
        ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion },
        resources: [readOnly("nodes", "NodeMetrics", false), readOnly("pods", "PodMetrics", true)],
      };
    default:
      return undefined;
  }
}

/** NodeMetrics or PodMetrics, one or a list (metrics-server pkg/api). Throws ApiStatusError. */
export function metricsOf(asked: Asked, query: URLSearchParams, storage: Storage, listed: Listed): object {
  const { resource, name, namespace } = asked;
  const isNodes = resource === "nodes";
  const tell = isNodes
    ? (object: KubeObject) => nodeMetrics(object, storage)
    : (object: KubeObject) => podMetrics(object, storage);
  const all = isNodes ? listed.nodes() : listed.pods();
  if (name !== undefined) {
    const object = all.find(
      ({ metadata }) => metadata.name === name && (isNodes || metadata.namespace === namespace),
    );
    const found = object && tell(object);
    if (found) return found;
    const plural = isNodes ? "nodemetrics" : "podmetrics";
    throw notFound({ group: "metrics.k8s.io", plural }, isNodes ? name : `${namespace}/${name}`);
  }
  const matches = parseLabelSelector(query.get("labelSelector") ?? "");
  const isWanted = fieldMatcher(query.get("fieldSelector") ?? "");
  const items = all
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .filter((object) => matches(object.metadata.labels) && isWanted(object))
    .flatMap((object) => tell(object) ?? []);
  return { kind: isNodes ? "NodeMetricsList" : "PodMetricsList", apiVersion, metadata: {}, items };
}

function fieldMatcher(text: string): (object: KubeObject) => boolean {
  const terms = text
    .split(",")
    .filter(Boolean)
    .map((term) => {
      const [, field = "", not, value = ""] = /^([\w.]+)\s*(!)?={1,2}\s*(.*)$/.exec(term.trim()) ?? [];
      if (field !== "metadata.name" && field !== "metadata.namespace")
        throw badRequest(`field label not supported: ${field || term}`);
      const key = field === "metadata.name" ? "name" : "namespace";
      return { key, value, isNot: not !== undefined } as const;
    });
  return ({ metadata }) => terms.every(({ key, value, isNot }) => (metadata[key] === value) !== isNot);
}

function nodeMetrics(node: KubeObject, storage: Storage): object | undefined {
  const measured = storage.node(node.metadata.name);
  return measured && { kind: "NodeMetrics", apiVersion, ...told(node, measured), usage: usageOf(measured) };
}

function podMetrics(pod: KubeObject, storage: Storage): object | undefined {
  const { namespace = "", name } = pod.metadata;
  const containers = storage.pod(namespace, name);
  if (!containers || containers.size === 0) return undefined;
  const earliest = [...containers.values()].sort((a, b) => a.atMs - b.atMs)[0]!;
  return {
    ...{ kind: "PodMetrics", apiVersion },
    ...told(pod, earliest),
    containers: [...containers].map(([container, measured]) => ({
      name: container,
      usage: usageOf(measured),
    })),
  };
}

function told({ metadata }: KubeObject, { atMs, windowMs }: Measured): object {
  const { name, namespace, labels } = metadata;
  const timestamp = new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      creationTimestamp: timestamp,
      ...(labels ? { labels } : {}),
    },
    timestamp,
    window: `${windowMs / 1000}s`,
  };
}

const usageOf = ({ cpuNanocores, memoryBytes }: Measured) => ({
  cpu: `${cpuNanocores}n`,
  memory: `${Math.round(memoryBytes / 1024)}Ki`,
});
