/**
 * A kind is data and hooks over one generic store (as in Kubernetes' registry: strategy + generic store). Every kind
 * lives in a folder of its own below lib/cluster/resources and is listed in `lib/cluster/resources/index.ts`.
 */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

/** Any API object. Kinds that code works with have types of their own in `lib/cluster/resources/types`. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** field.Error of apimachinery: `message` is upstream's text without the path. */
export interface FieldError {
  type:
    | "FieldValueNotFound"
    | "FieldValueRequired"
    | "FieldValueDuplicate"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueTypeInvalid"
    | "InternalError";
  /** "spec.ports[0].port" */
  field: string;
  message: string;
}

/** What hooks may ask of the rest of the cluster. Reads are synchronous: the store is in memory. */
export interface StrategyContext {
  nowMs: number;
  user: { name: string; groups: string[]; uid?: string; extra?: Record<string, string[]> };
  get(group: string, plural: string, namespace: string | undefined, name: string): KubeObject | undefined;
  list(group: string, plural: string, namespace?: string): KubeObject[];
  /** The cluster's own facts: service CIDR, NodePort range, cluster domain. */
  cluster: ClusterFacts;
}

export interface ClusterFacts {
  serviceCidr: string;
  podCidr: string;
  nodePortRange: { from: number; to: number };
  domain: string;
  version: string;
}

/** A column of the server-side table; `cell` follows kubernetes 1.34 pkg/printers/internalversion/printers.go. */
export interface PrinterColumn<T extends KubeObject = KubeObject> {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  format?: string;
  description?: string;
  /** 0 shows always, 1 with -o wide. */
  priority?: number;
  cell(object: T, context: { nowMs: number }): string | number | boolean | null;
}

/** A subresource as discovery lists it; `group` and `version` only where its kind is of another group. */
export interface Subresource {
  name: string;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
}

export interface Kind<T extends KubeObject = KubeObject> {
  /** "" is the core group. */
  group: string;
  version: string;
  kind: string;
  listKind?: string;
  /** "pods" */
  plural: string;
  singular: string;
  shortNames?: string[];
  categories?: string[];
  namespaced: boolean;
  /** Verbs as discovery lists them; default: all of a stored kind. */
  verbs?: string[];
  /** Sent as a Warning header with every answer about the kind. */
  deprecationWarning?: string;
  /** Subresources with a handler of the generic store; others ("exec", "log", "proxy") are added by lib/cluster/api. */
  subresources?: { status?: boolean; scale?: boolean };
  /** The subresources that the generic store has no handler for, as discovery lists them. */
  otherSubresources?: Subresource[];
  /**
   * Set where another kind holds the stored objects (autoscaling/v1 HorizontalPodAutoscaler, events.k8s.io/v1 Event):
   * both kinds serve one collection. The functions take an object and give a new one of the other version.
   */
  storage?: {
    group: string;
    version: string;
    toStored(object: KubeObject): KubeObject;
    fromStored(object: KubeObject): KubeObject;
  };
  /** Fields that field selectors may name besides metadata.name and metadata.namespace: path -> value. */
  selectableFields?: Record<string, (object: T) => string>;
  columns?: PrinterColumn<T>[];
  /** Fills what upstream stores when the author left it out. Changes `object` in place. */
  defaults?(object: T, context: StrategyContext): void;
  /**
   * The order on create: defaults, prepareForCreate, admission, validate, allocate. On update of the main resource:
   * defaults, prepareForUpdate, admission, validate, validateUpdate, allocate. On update of status the store puts the
   * new status on the old object and calls validate only.
   *
   * Upstream's PrepareForCreate: drops what a creator may not set (status), sets generation and phases.
   */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** Upstream's PrepareForUpdate; `generation` grows by itself when spec changes. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  /** Checks the whole object, metadata too; runs on create and, before `validateUpdate`, on update. */
  validate?(object: T, context: StrategyContext): FieldError[];
  /** What only a new object must satisfy, after `validate`: an update may keep what is stored already. */
  validateCreate?(object: T, context: StrategyContext): FieldError[];
  /** What may not change; metadata that no kind may change (uid, name ...) is the store's to hold. */
  validateUpdate?(object: T, old: T, context: StrategyContext): FieldError[];
  /** Instead of both above for writes of the status subresource. */
  validateStatusUpdate?(object: T, old: T, context: StrategyContext): FieldError[];
  /** An update must name the version that it replaces (custom resources). */
  requiresVersionOnUpdate?: boolean;
  /** Runs after validation and before the write: allocations (ClusterIP, NodePort) that must be undone by `release`. */
  allocate?(object: T, old: T | undefined, context: StrategyContext): FieldError[];
  /** Default grace of a delete, in seconds; absent: deleted at once (unless finalizers hold it). */
  gracePeriodSeconds?(object: T): number | undefined;
}
