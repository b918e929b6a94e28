import type { KubeObject, ObjectMeta } from "../kind";

export type Labels = Record<string, string>;
export type IntOrString = number | string;
/** "500m", "128Mi"; numbers are accepted in bodies and stored as strings. */
export type Quantity = string;
export type ResourceList = Record<string, Quantity>;

export interface LabelSelectorRequirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  lastProbeTime?: string | null;
  lastHeartbeatTime?: string;
  observedGeneration?: number;
}

export interface LocalObjectReference {
  name?: string;
}

export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

export interface TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** An object of a known kind: exact fields beside the open ones of KubeObject. */
export type Typed<Fields> = KubeObject & Fields;

export interface PodTemplateMeta extends Partial<ObjectMeta> {
  labels?: Labels;
}
