import { badRequest } from "@/lib/cluster/client/status";
import { clone, deepEqual, isObject, type Json, type JsonObject } from "../json";
import type { FieldMerge, MergeType } from "./merge-types";

const directive = "$patch";
const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";
const retainKeys = "$retainKeys";

/**
 * Strategic merge patch as apimachinery 1.34 pkg/util/strategicpatch: lists merge by their key where the type says so,
 * `$patch: delete|replace|merge`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x` and `$retainKeys` are obeyed.
 * Neither argument is changed.
 */
export function applyStrategicMerge(
  target: JsonObject,
  patch: JsonObject,
  type: MergeType | undefined,
): JsonObject {
  return mergeMap(target, patch, type);
}

function mergeMap(target: JsonObject, patch: JsonObject, type: MergeType | undefined): JsonObject {
  const how = patch[directive];
  if (how === "replace") return clean(patch);
  if (how === "delete") return {};
  if (how !== undefined && how !== "merge") throw badRequest(`unknown patch type: ${JSON.stringify(how)}`);
  let result: JsonObject = { ...target };
  const retained = patch[retainKeys];
  if (Array.isArray(retained))
    result = Object.fromEntries(Object.entries(result).filter(([key]) => retained.includes(key)));

  for (const [key, value] of Object.entries(patch)) {
    if (key === directive || key === retainKeys) continue;
    if (key.startsWith(deletePrefix)) {
      const field = key.slice(deletePrefix.length);
      const gone = Array.isArray(value) ? value : [];
      const present = result[field];
      if (Array.isArray(present))
        result[field] = present.filter((item) => !gone.some((one) => deepEqual(one, item)));
      continue;
    }
    if (key.startsWith(orderPrefix)) continue;
    if (value === null) {
      delete result[key];
      continue;
    }
    define(result, key, mergeValue(own(result, key), value, type?.field(key)));
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix) || !Array.isArray(order)) continue;
    const field = key.slice(orderPrefix.length);
    const list = result[field];
    if (Array.isArray(list)) {
      const before = own(target, field);
      result[field] = reorder(list, order, Array.isArray(before) ? before : [], type?.field(field));
    }
  }
  return result;
}

function mergeValue(present: Json | undefined, value: Json, field: FieldMerge | undefined): Json {
  if (isObject(value)) return mergeMap(isObject(present) ? present : {}, value, field?.type);
  if (!Array.isArray(value)) return value;
  const list = Array.isArray(present) ? present : [];
  if (!field?.patch?.merge) return value.map((item) => (isObject(item) ? clean(item) : clone(item)));
  const key = field.patch.key;
  if (key === undefined || value.some((item) => !isObject(item))) return mergeScalars(list, value);
  return mergeByKey(list as JsonObject[], value as JsonObject[], key, field.type);
}

function mergeScalars(list: Json[], added: Json[]): Json[] {
  const result = [...list];
  for (const item of added) if (!result.some((one) => deepEqual(one, item))) result.push(clone(item));
  return result;
}

function mergeByKey(
  list: JsonObject[],
  patch: JsonObject[],
  key: string,
  type: MergeType | undefined,
): Json[] {
  if (patch.some((item) => item[directive] === "replace" && !(key in item)))
    return patch.filter((item) => !(item[directive] === "replace" && !(key in item))).map(clean);
  let result = [...list];
  for (const item of patch) {
    const value = item[key];
    if (value === undefined)
      throw badRequest(`map: ${printMap(item)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((one) => deepEqual(one[key], value));
    if (item[directive] === "delete") result = result.filter((one) => !deepEqual(one[key], value));
    else if (at < 0) result.push(item[directive] === "replace" ? clean(item) : mergeMap({}, item, type));
    else result[at] = item[directive] === "replace" ? clean(item) : mergeMap(result[at]!, item, type);
  }
  return result;
}

/** Elements that the order names stand in that order; the others keep their place relative to the neighbours they had. */
function reorder(list: Json[], order: Json[], before: Json[], field: FieldMerge | undefined): Json[] {
  const key = field?.patch?.key;
  const identity = (item: Json): Json => (key !== undefined && isObject(item) ? (item[key] ?? null) : item);
  const rank = (item: Json) => order.findIndex((one) => deepEqual(identity(one), identity(item)));
  const place = (item: Json) => before.findIndex((one) => deepEqual(identity(one), identity(item)));
  const named = list.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  const others = list.filter((item) => rank(item) < 0).sort((a, b) => place(a) - place(b));
  const result: Json[] = [];
  while (named.length > 0 && others.length > 0) {
    const left = place(named[0]!);
    // What the server had before an element of the order stays before it.
    if (left >= 0 && place(others[0]!) >= 0 && place(others[0]!) < left) result.push(others.shift()!);
    else result.push(named.shift()!);
  }
  return [...result, ...named, ...others];
}

/** A new value without directives. */
function clean(value: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (
      key === directive ||
      key === retainKeys ||
      key.startsWith(deletePrefix) ||
      key.startsWith(orderPrefix)
    )
      continue;
    if (member === null) continue;
    define(
      result,
      key,
      isObject(member)
        ? clean(member)
        : Array.isArray(member)
          ? member.map((item) => (isObject(item) ? clean(item) : clone(item)))
          : member,
    );
  }
  return result;
}

const own = (object: JsonObject, key: string) => (Object.hasOwn(object, key) ? object[key] : undefined);

function define(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Go's %v of a map. */
const printMap = (item: JsonObject) =>
  `map[${Object.keys(item)
    .sort()
    .map((key) => `${key}:${String(item[key])}`)
    .join(" ")}]`;
