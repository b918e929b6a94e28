import { isObject } from "../json";
import type { JsonSchema } from "../crd/json-schema";
import { metadataSchema, unescapeName } from "./check";
import { inspectCel, type PlacedNode } from "./program";
import { sizeMaxOf } from "./schema-size";

/** What an expression costs at most, and what is known of its value. */
interface Estimate {
  cost: number;
  value: Value;
}

interface Value {
  kind: "scalar" | "text" | "list" | "map" | "object" | "dyn";
  /** Characters, items or entries at most; 1 of a scalar that was computed. */
  size: number;
  schema?: JsonSchema;
  /** The items of a list, the values of a map. */
  of?: Value;
}

type Names = ReadonlyMap<string, Value>;

const scalar: Value = { kind: "scalar", size: 1 };
const dyn: Value = { kind: "dyn", size: Infinity };
const text = (size: number): Value => ({ kind: "text", size });

const perCharacter = 0.1;
const perPatternCharacter = 0.25;
const listCost = 10;
const mapCost = 30;
const checkCost = 350_000;

/**
 * What a rule about values of `schema` costs at most, as cel-go's checker estimates it with the costs of the Kubernetes
 * libraries (apiserver 1.34 pkg/cel/library/cost.go). Infinity: nothing bounds it.
 */
export function estimateCost(expression: string, schema: JsonSchema, isOwnObject: boolean): number {
  const self = valueOf(isOwnObject ? withMetadata(schema) : schema);
  const names = new Map([
    ["self", self],
    ["oldSelf", self],
  ]);
  return estimate(inspectCel(expression).ast, names).cost;
}

function withMetadata(schema: JsonSchema): JsonSchema {
  const own = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: metadataSchema };
  return { ...schema, properties: { ...schema.properties, ...own } };
}

function valueOf(schema: JsonSchema): Value {
  const size = sizeMaxOf(schema);
  const { additionalProperties, items } = schema;
  if (schema["x-kubernetes-int-or-string"]) return { kind: "dyn", size };
  switch (schema.type) {
    case "string":
      return { kind: "text", size, schema };
    case "array":
      return { kind: "list", size, of: items ? valueOf(items) : dyn };
    case "object":
      return isObject(additionalProperties)
        ? { kind: "map", size, of: valueOf(additionalProperties as JsonSchema) }
        : { kind: "object", size, schema };
    case undefined:
      return dyn;
    default:
      return { kind: "scalar", size };
  }
}

function estimate(node: PlacedNode, names: Names): Estimate {
  const again = (one: PlacedNode, scope: Names = names) => estimate(one, scope);
  const args = node.args as PlacedNode[];
  const sum = (nodes: PlacedNode[]) =>
    nodes.map((one) => again(one)).reduce((all, { cost }) => all + cost, 0);
  switch (node.op) {
    case "value":
      return { cost: 0, value: literal(node.args) };
    case "id":
      return { cost: 1, value: names.get(node.args as unknown as string) ?? dyn };
    case ".":
    case ".?":
      return select(node, names);
    case "[]":
    case "[?]": {
      const [target, index] = [again(args[0]!), again(args[1]!)];
      return { cost: target.cost + index.cost + 1, value: target.value.of ?? dyn };
    }
    case "list": {
      const items = args.map((one) => again(one));
      const cost = items.reduce((all, one) => all + one.cost, listCost);
      return {
        cost,
        value: { kind: "list", size: items.length, of: largest(items.map(({ value }) => value)) },
      };
    }
    case "map": {
      const entries = node.args as unknown as [PlacedNode, PlacedNode][];
      const value: Value = { kind: "map", size: entries.length, of: dyn };
      return { cost: mapCost + sum(entries.flat()), value };
    }
    case "?:": {
      const [condition, yes, no] = args.map((one) => again(one)) as [Estimate, Estimate, Estimate];
      return { cost: condition.cost + Math.max(yes.cost, no.cost), value: largest([yes.value, no.value]) };
    }
    case "||":
    case "&&":
      return { cost: sum(args), value: scalar };
    case "!_":
    case "-_":
      return { cost: 1 + again(node.args as PlacedNode).cost, value: scalar };
    case "call":
      return call(node, names);
    case "rcall":
      return method(node, names);
    default:
      return binary(node.op, again(args[0]!), again(args[1]!));
  }
}

function literal(value: unknown): Value {
  return typeof value === "string" ? text([...value].length) : scalar;
}

/** Of several that it may be, the one that costs most. */
function largest(values: Value[]): Value {
  const [first, ...rest] = values;
  return rest.reduce((all, one) => (one.size > all.size ? one : all), first ?? dyn);
}

const characters = (size: number) => Math.ceil(size * perCharacter);
/** Nothing of what is endless is nothing. */
const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : a * b);

function select(node: PlacedNode, names: Names): Estimate {
  const [target, name] = node.args as [PlacedNode, string | PlacedNode];
  const { cost, value } = estimate(target, names);
  const step = value.kind === "map" || value.kind === "object" || node.op === ".?" ? 1 : 0;
  if (typeof name !== "string") return { cost: cost + step, value: dyn };
  if (value.kind === "map") return { cost: cost + step, value: value.of ?? dyn };
  const properties = value.schema?.properties ?? {};
  const plain = unescapeName(name);
  return { cost: cost + step, value: Object.hasOwn(properties, plain) ? valueOf(properties[plain]!) : dyn };
}

function binary(op: string, left: Estimate, right: Estimate): Estimate {
  const cost = left.cost + right.cost;
  const [a, b] = [left.value, right.value];
  switch (op) {
    case "==":
    case "!=":
      return { cost: cost + characters(Math.min(a.size, b.size)), value: scalar };
    case "<":
    case "<=":
    case ">":
    case ">=":
      return {
        cost: cost + (a.kind === "text" || b.kind === "text" ? characters(Math.min(a.size, b.size)) : 1),
        value: scalar,
      };
    case "in":
      return { cost: cost + (b.kind === "map" ? 1 : b.size), value: scalar };
    case "+": {
      const size = a.size + b.size;
      if (a.kind === "text" || b.kind === "text") return { cost: cost + characters(size), value: text(size) };
      if (a.kind === "list" || b.kind === "list")
        return { cost: cost + 1, value: { kind: "list", size, of: largest([a.of ?? dyn, b.of ?? dyn]) } };
      return { cost: cost + 1, value: scalar };
    }
    default:
      return { cost: cost + 1, value: scalar };
  }
}

/** Functions that read the text that they are given. */
const reading = new Set(["url", "isURL", "ip", "isIP", "cidr", "isCIDR", "quantity", "isQuantity"]);

function call(node: PlacedNode, names: Names): Estimate {
  const [name, args] = node.args as [string, PlacedNode[]];
  if (name === "has") {
    // The field itself is not read.
    const [target] = (args[0]?.args ?? []) as PlacedNode[];
    return { cost: target ? estimate(target, names).cost : 0, value: scalar };
  }
  const given = args.map((one) => estimate(one, names));
  const cost = given.reduce((all, one) => all + one.cost, 0);
  const [first] = given;
  if (name === "dyn") return { cost: cost + 1, value: first?.value ?? dyn };
  if (reading.has(name)) return { cost: cost + characters(first?.value.size ?? 0), value: scalar };
  if (name === "matches" && given.length === 2)
    return { cost: cost + matching(first!.value.size, given[1]!.value.size), value: scalar };
  return { cost: cost + 1, value: name === "string" ? text(Infinity) : scalar };
}

const matching = (size: number, pattern: number) =>
  times(characters(size + 1), Math.ceil(pattern * perPatternCharacter));

function method(node: PlacedNode, names: Names): Estimate {
  const [name, target, args] = node.args as [string, PlacedNode, PlacedNode[]];
  if (target.op === "id" && target.args === "cel" && name === "bind" && args.length === 3) {
    const bound = estimate(args[1]!, names);
    const result = estimate(args[2]!, new Map(names).set(args[0]!.args as string, bound.value));
    return { cost: listCost + bound.cost + result.cost, value: result.value };
  }
  const on = estimate(target, names);
  const loop = loopOf(name, on, args, names);
  if (loop) return loop;
  const given = args.map((one) => estimate(one, names));
  const cost = on.cost + given.reduce((all, one) => all + one.cost, 0);
  const { work, value } = workOf(
    name,
    on.value,
    given.map((one) => one.value),
  );
  return { cost: cost + work, value };
}

/** Macros are loops; each turn asks whether to go on and does its step (cel-go's expansions). */
function loopOf(name: string, on: Estimate, args: PlacedNode[], names: Names): Estimate | undefined {
  if (isTwoVariables(name, args)) return loopOfTwo(name, on, args, names);
  const [variable, first, second] = args;
  if (variable?.op !== "id" || !first) return undefined;
  const { size, kind, of = dyn } = on.value;
  // The keys of a map count as having no length.
  const item = kind === "map" ? text(0) : of;
  const scope = new Map(names).set(variable.args as string, item);
  const body = estimate(first, scope);
  const over = (turn: number, start = 0, value = scalar): Estimate => ({
    cost: on.cost + start + 1 + times(size, turn),
    value,
  });
  switch (name) {
    case "all":
      return over(3 + body.cost);
    case "exists":
      return over(4 + body.cost);
    case "exists_one":
    case "existsOne":
      return over(2 + body.cost, 1);
    case "filter":
      return over(13 + body.cost, listCost, { kind: "list", size, of: item });
    case "map": {
      const made = second ? estimate(second, scope) : body;
      const turn = 12 + made.cost + (second ? body.cost : 0);
      return over(turn, listCost, { kind: "list", size, of: made.value });
    }
    case "optMap":
    case "optFlatMap":
      return { cost: on.cost + body.cost + listCost + 3, value: dyn };
    default:
      return undefined;
  }
}

const isTwoVariables = (name: string, args: PlacedNode[]) =>
  name !== "map" && args.length > 2 && args[0]!.op === "id" && args[1]!.op === "id";

/** Index or key and value; transformations make a list or map of as many. */
function loopOfTwo(name: string, on: Estimate, args: PlacedNode[], names: Names): Estimate | undefined {
  const { size, kind, of = dyn } = on.value;
  const [key, value, ...bodies] = args as [PlacedNode, PlacedNode, ...PlacedNode[]];
  const scope = new Map(names)
    .set(key.args as string, kind === "map" ? text(0) : scalar)
    .set(value.args as string, of);
  const estimates = bodies.map((one) => estimate(one, scope));
  const body = estimates.reduce((all, one) => all + one.cost, 0);
  const isTransform = name.startsWith("transform");
  const made = {
    kind: name === "transformList" ? "list" : "map",
    size,
    of: estimates.at(-1)!.value,
  } as Value;
  return {
    cost: on.cost + (isTransform ? listCost : 0) + 1 + times(size, (isTransform ? 13 : 4) + body),
    value: isTransform ? made : scalar,
  };
}

function workOf(name: string, on: Value, given: Value[]): { work: number; value: Value } {
  const [first, second] = given;
  const size = first?.size ?? 0;
  switch (name) {
    case "check":
      return { work: checkCost, value: scalar };
    case "startsWith":
    case "endsWith":
      return { work: characters(size), value: scalar };
    case "contains":
      return { work: times(characters(on.size), characters(size)), value: scalar };
    case "matches":
      return { work: matching(on.size, size), value: scalar };
    case "find":
      return { work: matching(on.size, size), value: text(on.size) };
    case "findAll":
      return { work: matching(on.size, size), value: { kind: "list", size: on.size, of: text(on.size) } };
    case "isSorted":
    case "sum":
    case "max":
    case "min":
    case "indexOf":
    case "lastIndexOf": {
      if (on.kind === "text") return { work: characters(on.size), value: scalar };
      const each = 1 + (on.of?.kind === "text" ? characters(on.of.size) : 0);
      return { work: times(on.size, each), value: on.of ?? scalar };
    }
    case "lowerAscii":
    case "upperAscii":
    case "substring":
    case "trim":
      return { work: characters(on.size), value: text(on.size) };
    case "replace":
      return {
        work: Math.ceil(2 * on.size * perCharacter),
        value: text(replaced(on.size, size, second?.size ?? 0)),
      };
    case "split":
      return {
        work: Math.ceil(2 * on.size * perCharacter),
        value: { kind: "list", size: on.size, of: text(on.size) },
      };
    case "join": {
      const joined = times(on.size, on.of?.size ?? 0) + times(size, Math.max(0, on.size - 1));
      return { work: characters(joined), value: text(joined) };
    }
    case "format":
      return { work: characters(on.size), value: text(Infinity) };
    case "orValue":
      return { work: 1, value: largest([on, first ?? dyn]) };
    case "value":
      return { work: 1, value: on };
    case "containsIP":
      return { work: 4 + (first?.kind === "text" ? characters(size) : 0), value: scalar };
    case "containsCIDR":
      return { work: 7 + (first?.kind === "text" ? characters(size) : 0), value: scalar };
    default:
      return { work: 1, value: scalar };
  }
}

/** The longest text that replacing may give. */
function replaced(size: number, old: number, by: number): number {
  if (old === 0) return times(size + 1, by) + size;
  return by <= old ? size : Math.ceil(times(size, by) / old) + size;
}
