import { selectorOf, type LabelSelectorObject } from "@/lib/cluster/client/label-selector";
import type { Registry, Resource } from "../registry/registry";
import type { AdmissionAttributes } from "./plugin";

export interface MatchRule {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: string[];
  resources?: string[];
  resourceNames?: string[];
  scope?: string;
}

export interface MatchSelectors {
  matchPolicy?: string;
  namespaceSelector?: LabelSelectorObject;
  objectSelector?: LabelSelectorObject;
}

/**
 * The resource as which a request falls under the rules: its own or, with matchPolicy Equivalent, another version of the
 * same objects. Follows apiserver 1.34 pkg/admission/plugin/webhook/{generic,predicates/rules}.
 */
export function matchRules(
  rules: MatchRule[],
  { matchPolicy }: MatchSelectors,
  attributes: AdmissionAttributes,
  registry: Registry,
): Resource | undefined {
  const { resource } = attributes;
  if (rules.some((rule) => covers(rule, resource, attributes))) return resource;
  if (matchPolicy === "Exact") return undefined;
  const others = registry.equivalents(resource);
  for (const rule of rules) {
    const found = others.find((other) => covers(rule, other, attributes));
    if (found) return found;
  }
  return undefined;
}

export function matchSelectors(
  { namespaceSelector, objectSelector }: MatchSelectors,
  attributes: AdmissionAttributes,
  registry: Registry,
): boolean {
  const { object, old } = attributes;
  if (objectSelector && !isEmpty(objectSelector)) {
    const selects = selectorOf(objectSelector);
    if (![object, old].some((one) => one && selects(one.metadata?.labels))) return false;
  }
  if (!namespaceSelector || isEmpty(namespaceSelector)) return true;
  const namespace = namespaceOf(attributes);
  // What belongs to no namespace is not told apart by namespaces.
  if (!namespace) return true;
  const own = isNamespace(attributes) ? object : undefined;
  const labels = (own ?? registry.read("", "namespaces", undefined, namespace))?.metadata.labels;
  return selectorOf(namespaceSelector)(labels);
}

/** A namespace is in itself. */
export function namespaceOf(attributes: AdmissionAttributes): string {
  return (isNamespace(attributes) ? attributes.name : attributes.namespace) ?? "";
}

const isNamespace = ({ resource }: AdmissionAttributes) => resource.collection.id === "core/namespaces";

const isEmpty = ({ matchLabels, matchExpressions }: LabelSelectorObject) =>
  Object.keys(matchLabels ?? {}).length === 0 && !matchExpressions?.length;

function covers(rule: MatchRule, { kind }: Resource, attributes: AdmissionAttributes): boolean {
  const { operation, subresource, name } = attributes;
  const has = (values: string[] | undefined, value: string) =>
    values !== undefined && (values.includes("*") || values.includes(value));
  const isNamed = rule.resources?.some((full) => {
    const [plural, sub = ""] = full.split("/");
    return (plural === "*" || plural === kind.plural) && (sub === "*" || sub === subresource);
  });
  const scope = kind.namespaced ? "Namespaced" : "Cluster";
  return (
    isNamed === true &&
    has(rule.apiGroups, kind.group) &&
    has(rule.apiVersions, kind.version) &&
    has(rule.operations, operation) &&
    (!rule.scope || rule.scope === "*" || rule.scope === scope) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  );
}
