import type { Resource } from "./bridge";

/** The fields that checks ask for, typed; everything else of an object is there too, as unknown. */

export interface Meta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  [field: string]: unknown;
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
}

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  ports?: { name?: string; containerPort: number; protocol?: string; hostPort?: number }[];
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
}

export interface PodSpec {
  nodeName?: string;
  hostNetwork?: boolean;
  serviceAccountName?: string;
  containers: Container[];
  initContainers?: Container[];
  nodeSelector?: Record<string, string>;
  [field: string]: unknown;
}

export interface Node extends KubeObject {
  spec: {
    podCIDR?: string;
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string }[];
  };
  status: {
    addresses?: { type: string; address: string }[];
    conditions?: Condition[];
    nodeInfo?: { kubeletVersion: string; containerRuntimeVersion: string; osImage: string };
  };
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status: {
    phase?: string;
    podIP?: string;
    hostIP?: string;
    conditions?: Condition[];
    containerStatuses?: { name: string; ready: boolean; restartCount: number; image: string }[];
  };
}

export interface Service extends KubeObject {
  spec: {
    type?: string;
    clusterIP?: string;
    externalName?: string;
    selector?: Record<string, string>;
    ports?: {
      name?: string;
      port: number;
      targetPort?: number | string;
      nodePort?: number;
      protocol?: string;
    }[];
  };
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface Secret extends KubeObject {
  type?: string;
  /** Base64. */
  data?: Record<string, string>;
}

export interface Workload extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector; template: { metadata?: Partial<Meta>; spec: PodSpec } };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    updatedReplicas?: number;
    /** DaemonSet. */
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
    numberReady?: number;
    /** StatefulSet. */
    currentRevision?: string;
    updateRevision?: string;
    conditions?: Condition[];
  };
}

export interface EndpointSlice extends KubeObject {
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean };
    nodeName?: string;
    targetRef?: { kind: string; name: string };
  }[];
  ports?: { name?: string; port?: number; protocol?: string }[];
}

interface IngressBackend {
  service?: { name: string; port?: { number?: number; name?: string } };
}

export interface Ingress extends KubeObject {
  spec: {
    ingressClassName?: string;
    defaultBackend?: IngressBackend;
    tls?: { hosts?: string[]; secretName?: string }[];
    rules?: {
      host?: string;
      http?: { paths: { path?: string; pathType: string; backend: IngressBackend }[] };
    }[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

export interface IngressClass extends KubeObject {
  spec?: { controller?: string };
}

export interface NetworkPolicy extends KubeObject {
  spec: { podSelector: LabelSelector; policyTypes?: string[]; ingress?: unknown[]; egress?: unknown[] };
}

/** Kinds that checks name by word; anything else by `{ group, version, plural }`. */
export interface Kinds {
  Node: Node;
  Namespace: KubeObject;
  Pod: Pod;
  Service: Service;
  ConfigMap: ConfigMap;
  Secret: Secret;
  ServiceAccount: KubeObject;
  Event: KubeObject;
  Endpoints: KubeObject;
  EndpointSlice: EndpointSlice;
  Deployment: Workload;
  ReplicaSet: Workload;
  DaemonSet: Workload;
  StatefulSet: Workload;
  Ingress: Ingress;
  IngressClass: IngressClass;
  NetworkPolicy: NetworkPolicy;
  Role: KubeObject;
  RoleBinding: KubeObject;
  ClusterRole: KubeObject;
  ClusterRoleBinding: KubeObject;
}

export type KindName = keyof Kinds;

const groups: Record<string, [version: string, ...plurals: string[]]> = {
  "": [
    "v1",
    "nodes",
    "namespaces",
    "pods",
    "services",
    "configmaps",
    "secrets",
    "serviceaccounts",
    "events",
    "endpoints",
  ],
  "discovery.k8s.io": ["v1", "endpointslices"],
  apps: ["v1", "deployments", "replicasets", "daemonsets", "statefulsets"],
  "networking.k8s.io": ["v1", "ingresses", "ingressclasses", "networkpolicies"],
  "rbac.authorization.k8s.io": ["v1", "roles", "rolebindings", "clusterroles", "clusterrolebindings"],
};

export function resourceOf(kind: KindName | Resource): Resource {
  if (typeof kind !== "string") return kind;
  const lower = kind.toLowerCase();
  const plural =
    lower === "endpoints" ? lower : /(s|ss)$/.test(lower) ? `${lower}es` : lower.replace(/y$/, "ie") + "s";
  for (const group of Object.keys(groups)) {
    const [version, ...plurals] = groups[group]!;
    if (plurals.includes(plural)) return { group, version, plural };
  }
  throw new TypeError(`"${kind}" is no kind that checks know by name: give { group, version, plural }.`);
}
