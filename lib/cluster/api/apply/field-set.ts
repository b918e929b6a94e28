import { deepEqual, isObject, type Json, type JsonObject } from "../json";
import type { FieldMerge, MergeType } from "../patch/merge-types";

/**
 * A set of fields as structured-merge-diff has it. A child's name is its path element as FieldsV1 writes it:
 * `f:<field>`, `k:{"name":"web"}` (list element by key), `v:"a"` (element of a set). `member` says that the path
 * itself belongs to the set. Never changes; operations give back the set itself where nothing is different.
 */
export class FieldSet {
  static readonly nothing = new FieldSet(false, new Map());
  static readonly leaf = new FieldSet(true, FieldSet.nothing.children);

  private constructor(
    readonly member: boolean,
    readonly children: ReadonlyMap<string, FieldSet>,
  ) {}

  static of(member: boolean, children: ReadonlyMap<string, FieldSet> | undefined): FieldSet {
    if (children && children.size > 0) return new FieldSet(member, children);
    return member ? FieldSet.leaf : FieldSet.nothing;
  }

  get isEmpty(): boolean {
    return !this.member && this.children.size === 0;
  }

  static fromFieldsV1(json: unknown): FieldSet {
    if (!isObject(json)) return FieldSet.nothing;
    let member = false;
    let children: Map<string, FieldSet> | undefined;
    for (const name of Object.keys(json)) {
      const below = json[name];
      if (name === ".") member = true;
      else
        (children ??= new Map()).set(
          name,
          isEmptyObject(below) ? FieldSet.leaf : FieldSet.fromFieldsV1(below),
        );
    }
    return FieldSet.of(member, children);
  }

  toFieldsV1(): JsonObject {
    const json: JsonObject = {};
    if (this.children.size === 0) return json;
    if (this.member) json["."] = {};
    for (const name of [...this.children.keys()].sort()) json[name] = this.children.get(name)!.toFieldsV1();
    return json;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty || this === other) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [name, theirs] of other.children)
      children.set(name, children.get(name)?.union(theirs) ?? theirs);
    return FieldSet.of(this.member || other.member, children);
  }

  /** Members of this set that are not members of the other. */
  without(other: FieldSet | undefined): FieldSet {
    if (!other || other.isEmpty) return this;
    return this.#with(this.member && !other.member, (name, child) => child.without(other.children.get(name)));
  }

  intersect(other: FieldSet | undefined): FieldSet {
    if (!other) return FieldSet.nothing;
    return this.#with(this.member && other.member, (name, child) =>
      child.intersect(other.children.get(name)),
    );
  }

  /** Each child as `change` makes it, without those that become empty. */
  #with(member: boolean, change: (name: string, child: FieldSet) => FieldSet): FieldSet {
    let children: Map<string, FieldSet> | undefined;
    for (const [name, child] of this.children) {
      const now = change(name, child);
      if (now === child) continue;
      children ??= new Map(this.children);
      if (now.isEmpty) children.delete(name);
      else children.set(name, now);
    }
    if (children === undefined && member === this.member) return this;
    return FieldSet.of(member, children ?? this.children);
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
  const children = new Map<string, FieldSet>();
  for (const [name, value] of Object.entries(object)) {
    if (unowned.has(name) || value === undefined) continue;
    if (name === "metadata" && isObject(value)) {
      const below = membersOf(value, type?.field(name)?.type, "metadata.");
      if (below) children.set("f:metadata", FieldSet.of(false, below));
    } else children.set(`f:${name}`, fieldsBelow(value, type?.field(name)));
  }
  return FieldSet.of(false, children);
}

function fieldsBelow(value: Json, field: FieldMerge | undefined): FieldSet {
  // A map belongs to whoever made it, a struct to nobody.
  if (isObject(value) && !field?.atomic && !isEmptyObject(value))
    return FieldSet.of(field?.isMap ?? false, membersOf(value, field?.type));
  if (Array.isArray(value) && value.length > 0 && (field?.mapKeys || field?.set)) {
    const children = new Map<string, FieldSet>();
    for (const item of value) {
      const name = elementName(item, field);
      const below = isObject(item) && field.mapKeys ? fieldsBelow(item, { type: field.type }) : FieldSet.leaf;
      const element = FieldSet.of(true, below.children);
      children.set(name, children.get(name)?.union(element) ?? element);
    }
    return FieldSet.of(true, children);
  }
  return FieldSet.leaf;
}

function membersOf(
  value: JsonObject,
  type: MergeType | undefined,
  prefix?: string,
): Map<string, FieldSet> | undefined {
  let children: Map<string, FieldSet> | undefined;
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined || (prefix !== undefined && unowned.has(prefix + name))) continue;
    (children ??= new Map()).set(`f:${name}`, fieldsBelow(member, type?.field(name)));
  }
  return children;
}

function isEmptyObject(value: unknown): boolean {
  if (!isObject(value)) return false;
  for (const _ in value) return false;
  return true;
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
  // Nobody changes what is stored: the same value has the same members.
  if (old === next && old !== undefined) return FieldSet.nothing;
  const isMember =
    set.member &&
    (old === undefined ||
      (set.children.size === 0 && !deepEqual(old, next)) ||
      (old === null) !== (next === null));
  let children: Map<string, FieldSet> | undefined;
  for (const [name, child] of set.children) {
    const [mine, theirs, below] = step(name, old, next, type, field);
    const left = differing(child, mine, theirs, below?.type, below);
    if (!left.isEmpty) (children ??= new Map()).set(name, left);
  }
  return FieldSet.of(isMember, children);
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
