import { deepEqual, isObject, type Json, type JsonObject } from "../json";
import type { FieldMerge, MergeType } from "../patch/merge-types";

/**
 * A set of fields as structured-merge-diff has it. A child's name is its path element as FieldsV1 writes it:
 * `f:<field>`, `k:{"name":"web"}` (list element by key), `v:"a"` (element of a set). `member` says that the path
 * itself belongs to the set.
 */
export class FieldSet {
  member = false;
  readonly children = new Map<string, FieldSet>();

  child(name: string): FieldSet {
    let child = this.children.get(name);
    if (!child) this.children.set(name, (child = new FieldSet()));
    return child;
  }

  get isEmpty(): boolean {
    return !this.member && this.children.size === 0;
  }

  static fromFieldsV1(json: unknown): FieldSet {
    const set = new FieldSet();
    if (!isObject(json)) return set;
    for (const [name, below] of Object.entries(json)) {
      if (name === ".") set.member = true;
      else {
        const child = FieldSet.fromFieldsV1(below);
        if (isObject(below) && Object.keys(below).length === 0) child.member = true;
        set.children.set(name, child);
      }
    }
    return set;
  }

  toFieldsV1(): JsonObject {
    const json: JsonObject = {};
    if (this.member && this.children.size > 0) json["."] = {};
    for (const name of [...this.children.keys()].sort()) json[name] = this.children.get(name)!.toFieldsV1();
    return json;
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member || other.member;
    for (const name of new Set([...this.children.keys(), ...other.children.keys()])) {
      const [mine, theirs] = [this.children.get(name), other.children.get(name)];
      result.children.set(name, mine && theirs ? mine.union(theirs) : (mine ?? theirs)!);
    }
    return result;
  }

  /** Members of this set that are not members of the other. */
  without(other: FieldSet | undefined): FieldSet {
    if (!other) return this;
    const result = new FieldSet();
    result.member = this.member && !other.member;
    for (const [name, child] of this.children) {
      const left = child.without(other.children.get(name));
      if (!left.isEmpty) result.children.set(name, left);
    }
    return result;
  }

  intersect(other: FieldSet | undefined): FieldSet {
    const result = new FieldSet();
    if (!other) return result;
    result.member = this.member && other.member;
    for (const [name, child] of this.children) {
      const both = child.intersect(other.children.get(name));
      if (!both.isEmpty) result.children.set(name, both);
    }
    return result;
  }

  equals(other: FieldSet): boolean {
    return (
      this.member === other.member &&
      this.children.size === other.children.size &&
      [...this.children].every(([name, child]) => {
        const theirs = other.children.get(name);
        return theirs !== undefined && child.equals(theirs);
      })
    );
  }

  /** Every member's path, as conflicts print it: `.spec.containers[name="web"].image`. */
  *paths(prefix = ""): Generator<string> {
    if (this.member && prefix) yield prefix;
    for (const [name, child] of this.children) yield* child.paths(prefix + printElement(name));
  }
}

function printElement(name: string): string {
  const value = name.slice(2);
  if (name.startsWith("f:")) return `.${value}`;
  if (name.startsWith("v:")) return `[=${value}]`;
  const keys = JSON.parse(value) as JsonObject;
  return `[${Object.entries(keys)
    .map(([key, member]) => `${key}=${JSON.stringify(member)}`)
    .join(",")}]`;
}

/** Fields that apply and update never own. */
const unowned = new Set([
  "apiVersion",
  "kind",
  "metadata.name",
  "metadata.namespace",
  "metadata.creationTimestamp",
  "metadata.selfLink",
  "metadata.uid",
  "metadata.clusterName",
  "metadata.generation",
  "metadata.managedFields",
  "metadata.resourceVersion",
  "metadata.deletionTimestamp",
  "metadata.deletionGracePeriodSeconds",
]);

/** Every field that `object` sets. */
export function fieldsOf(object: JsonObject, type: MergeType | undefined): FieldSet {
  const set = new FieldSet();
  for (const [name, value] of Object.entries(object)) {
    if (unowned.has(name) || value === undefined) continue;
    if (name === "metadata" && isObject(value)) {
      const owned = Object.fromEntries(
        Object.entries(value).filter(([key]) => !unowned.has(`metadata.${key}`)),
      );
      const below = fieldsBelow(owned, type?.field(name));
      below.member = false;
      if (!below.isEmpty) set.children.set("f:metadata", below);
    } else set.children.set(`f:${name}`, fieldsBelow(value, type?.field(name)));
  }
  return set;
}

function fieldsBelow(value: Json, field: FieldMerge | undefined): FieldSet {
  const set = new FieldSet();
  if (isObject(value) && !field?.atomic && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      set.children.set(`f:${name}`, fieldsBelow(member, field?.type?.field(name)));
    }
    // A map belongs to whoever made it, a struct to nobody.
    set.member = field?.isMap ?? false;
    return set;
  }
  if (Array.isArray(value) && value.length > 0 && (field?.mapKeys || field?.set)) {
    set.member = true;
    for (const item of value) {
      const child = set.child(elementName(item, field));
      const below = isObject(item) && field.mapKeys ? fieldsBelow(item, { type: field.type }) : undefined;
      for (const [name, grandchild] of below?.children ?? []) child.children.set(name, grandchild);
      child.member = true;
    }
    return set;
  }
  set.member = true;
  return set;
}

/** `k:{...}` with the keys in order, `v:...` for scalars; a key left out has its default (a port's protocol is TCP). */
export function elementName(item: Json, { mapKeys, keyDefaults }: FieldMerge): string {
  if (!mapKeys || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const keys: JsonObject = {};
  for (const key of [...mapKeys].sort()) {
    const value = item[key] ?? (keyDefaults?.[key] as Json | undefined);
    if (value !== undefined) keys[key] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** Of `fields`, which are those of `next`, the ones that it sets anew or to another value than `old`. */
export function changedFields(
  fields: FieldSet,
  old: JsonObject,
  next: JsonObject,
  type: MergeType | undefined,
): FieldSet {
  return differing(fields, old, next, type);
}

function differing(
  set: FieldSet,
  old: Json | undefined,
  next: Json | undefined,
  type: MergeType | undefined,
  field?: FieldMerge,
): FieldSet {
  const result = new FieldSet();
  // Nobody changes what is stored: the same value has the same members.
  if (old === next && old !== undefined) return result;
  result.member =
    set.member &&
    (old === undefined ||
      (set.children.size === 0 && !deepEqual(old, next)) ||
      (old === null) !== (next === null));
  for (const [name, child] of set.children) {
    const [mine, theirs, below] = step(name, old, next, type, field);
    const left = differing(child, mine, theirs, below?.type, below);
    if (!left.isEmpty) result.children.set(name, left);
  }
  return result;
}

function step(
  name: string,
  old: Json | undefined,
  next: Json | undefined,
  type: MergeType | undefined,
  field: FieldMerge | undefined,
): [Json | undefined, Json | undefined, FieldMerge | undefined] {
  if (name.startsWith("f:")) {
    const key = name.slice(2);
    return [member(old, key), member(next, key), type?.field(key)];
  }
  const pick = (list: Json | undefined) =>
    Array.isArray(list) ? list.find((item) => elementName(item, field ?? {}) === name) : undefined;
  return [pick(old), pick(next), { type: field?.type }];
}

const member = (value: Json | undefined, key: string) =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
