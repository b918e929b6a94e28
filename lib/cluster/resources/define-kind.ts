import type { FieldError, Kind, KubeObject } from "./kind";
import type { KindFacts } from "./catalogue/facts";
import { defaultColumns } from "./columns/columns";
import { validateMetadata } from "./validation/metadata";
import { dnsSubdomain, pathSegment } from "./validation/names";

/** What a kind's folder adds to its line in the catalogue. */
export interface Hooks<T extends KubeObject = KubeObject> extends Pick<
  Kind<T>,
  | "selectableFields"
  | "columns"
  | "defaults"
  | "prepareForCreate"
  | "prepareForUpdate"
  | "validate"
  | "validateCreate"
  | "validateUpdate"
  | "allocate"
  | "gracePeriodSeconds"
  | "storage"
> {
  /** Complaints about a name; a DNS subdomain by default. */
  nameFormat?: (name: string) => string[];
  /** Kubelets register their nodes with a status. */
  keepsStatusOnCreate?: boolean;
}

export interface KindDefinition {
  group: string;
  kind: string;
  /** Only where the versions of a kind differ in their hooks. */
  version?: string;
  hooks: Hooks;
}

export function defineKind<T extends KubeObject>(
  group: string,
  kind: string,
  hooks: Hooks<T>,
  version?: string,
): KindDefinition {
  return { group, kind, hooks: hooks as unknown as Hooks, ...(version ? { version } : {}) };
}

/**
 * The catalogue's line and the hooks, with what all kinds share: metadata is validated, a status given to the main
 * resource is dropped (create) or kept as it was (update), and the default table is upstream's.
 */
export function assembleKind(facts: KindFacts, hooks: Hooks = {}): Kind {
  const { nameFormat = defaultNameFormat(facts), keepsStatusOnCreate: _keeps, ...rest } = hooks;
  const withStatus = facts.subresources?.status === true;
  return {
    listKind: `${facts.kind}List`,
    columns: defaultColumns,
    ...facts,
    ...rest,
    validate(object, context): FieldError[] {
      return [
        ...validateMetadata(object, facts.namespaced, nameFormat),
        ...(hooks.validate?.(object, context) ?? []),
      ];
    },
    prepareForCreate(object, context) {
      if (withStatus && !hooks.keepsStatusOnCreate) delete object.status;
      hooks.prepareForCreate?.(object, context);
    },
    prepareForUpdate(object, old, context) {
      if (withStatus) {
        if (old.status === undefined) delete object.status;
        else object.status = old.status;
      }
      hooks.prepareForUpdate?.(object, old, context);
    },
  };
}

/** Roles and bindings may have colons in their names: anything that fits into a path. */
function defaultNameFormat({ group }: KindFacts): (name: string) => string[] {
  return group === "rbac.authorization.k8s.io" ? pathSegment : dnsSubdomain;
}
