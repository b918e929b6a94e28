import { isObject } from "../json";
import type { JsonSchema } from "../crd/json-schema";
import { celFunctionNames, inspectCel, type PlacedNode } from "./program";

/** What is known of a value before an expression runs: nothing ("dyn"), a scalar's type, or its schema. */
export type CelType = "dyn" | Scalar | { schema: JsonSchema; isObject?: boolean };
type Scalar = "bool" | "int" | "double" | "string" | "null_type";

export type CelMistake =
  /** In the words of cel-go, with the place: "ERROR: <input>:1:5: undefined field 'x'\n | ...". */
  { kind: "compile"; text: string } | { kind: "type"; found: string };

/** Names that stand for types, and those that only qualify a function. */
const typeNames = new Set(
  "bool bytes double dyn google int list map null_type string timestamp type uint duration".split(" "),
);
const qualifiers = new Set(
  "base64 cel format google lists math net optional quantity regex sets strings".split(" "),
);
const macros = new Set(["has", "all", "exists", "exists_one", "existsOne", "map", "filter", "bind"]);
const macrosMore = new Set(["optMap", "optFlatMap", "transformList", "transformMap", "transformMapEntry"]);

/** Of the authorizer, which is asked step by step. */
const authorizing = new Set(
  "path group serviceAccount resource subresource namespace name fieldSelector labelSelector check allowed reason errored error".split(
    " ",
  ),
);

class Mistake extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

/**
 * What keeps an expression from being accepted: its grammar, names and fields that do not exist, operands that cannot
 * go together, another result than those `wanted` (none: any will do). Undefined: nothing that is known before it runs.
 */
export function celMistake(
  expression: string,
  declared: Readonly<Record<string, CelType>>,
  wanted: Scalar[],
): CelMistake | undefined {
  let inspected: ReturnType<typeof inspectCel>;
  try {
    inspected = inspectCel(expression);
  } catch (failure) {
    return compileError(expression, grammarMistake(failure as ParseFailure, expression));
  }
  let type: CelType;
  try {
    type = typeOf(inspected.ast, new Map(Object.entries(declared)), expression);
  } catch (failure) {
    if (!(failure instanceof Mistake)) throw failure;
    return compileError(expression, failure);
  }
  if (inspected.mistake && !isUnknown(inspected.mistake.text))
    return compileError(expression, overload(inspected.mistake, expression));
  const found = nameOf(type);
  return wanted.length === 0 || found === "dyn" || (wanted as string[]).includes(found)
    ? undefined
    : { kind: "type", found };
}

interface ParseFailure extends Error {
  code?: string;
  summary?: string;
  range?: { start: number; end: number };
}

const operand =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function grammarMistake({ code, summary, message, range }: ParseFailure, expression: string): Mistake {
  const at = range?.start ?? 0;
  const text = expression.slice(at, Math.max(range?.end ?? at, at + 1));
  switch (code) {
    case "unexpected_token":
      return at >= expression.trimEnd().length
        ? new Mistake(`Syntax error: mismatched input '<EOF>' expecting ${operand}`, at)
        : new Mistake(`Syntax error: mismatched input '${text}' expecting ${operand}`, at);
    case "unexpected_character":
      return new Mistake(`Syntax error: extraneous input '${text}' expecting <EOF>`, at);
    case "unterminated_string":
      return new Mistake(`Syntax error: token recognition error at: '${expression.slice(at)}'`, at);
    default:
      return new Mistake(`Syntax error: ${summary ?? message.split("\n")[0]!}`, at);
  }
}

/** cel-go's report: line and column, the line itself, and an arrow below it. */
function compileError(expression: string, { message, at }: Mistake): CelMistake {
  const before = expression.slice(0, at).split("\n");
  const column = before.at(-1)!.length;
  const line = expression.split("\n")[before.length - 1] ?? "";
  const text = `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${".".repeat(column)}^`;
  return { kind: "compile", text };
}

/** What the library does not know: null beside anything that is no scalar, matches(text, pattern), the authorizer. */
function isUnknown(text: string): boolean {
  if (/^no such overload: (?!(?:int|double|string|bool) )\S+ [!=]= null$/.test(text)) return true;
  if (text.startsWith("found no matching overload for 'matches(")) return true;
  return authorizing.has(/^found no matching overload for '\w+\.(\w+)\(/.exec(text)?.[1] ?? "");
}

/** The library's words for operands that do not go together, in cel-go's. */
function overload({ text, at }: { text: string; at: number }, expression: string): Mistake {
  const operator = /^no such overload: (\S+) (\S+) (\S+)$/.exec(text);
  if (operator) {
    const [, left, sign, right] = operator;
    const place = expression.indexOf(sign!, at);
    return new Mistake(noOverload(`_${sign}_`, left!, right!), place < 0 ? at : place);
  }
  const method = /^found no matching overload for '([^'.(]+)\.(\w+)\((.*)\)'$/.exec(text);
  if (method) {
    const [, receiver, name, given] = method;
    return new Mistake(`found no matching overload for '${name}' applied to '${receiver}.(${given})'`, at);
  }
  const call = /^found no matching overload for '(\w+)\((.*)\)'$/.exec(text);
  if (call) return new Mistake(`found no matching overload for '${call[1]}' applied to '(${call[2]})'`, at);
  return new Mistake(text, at);
}

const noOverload = (name: string, ...operands: string[]) =>
  `found no matching overload for '${name}' applied to '(${operands.join(", ")})'`;

type Names = ReadonlyMap<string, CelType>;

/** Throws Mistake. */
function typeOf(node: PlacedNode, names: Names, expression: string): CelType {
  const again = (one: PlacedNode, scope: Names = names) => typeOf(one, scope, expression);
  const { op } = node;
  const args = node.args as PlacedNode[];
  switch (op) {
    case "value":
      return literal(node.args);
    case "id": {
      const name = node.args as unknown as string;
      const known = names.get(name);
      if (known !== undefined) return known;
      if (typeNames.has(name)) return "dyn";
      throw undeclared(name, node.start);
    }
    case ".":
    case ".?":
      return field(node, names, expression);
    case "[]":
    case "[?]":
      return elementOf(again(args[0]!), (again(args[1]!), false));
    case "call":
      return call(node, names, expression);
    case "rcall":
      return method(node, names, expression);
    case "list":
      for (const item of args) again(item);
      return "dyn";
    case "map":
      for (const [key, value] of node.args as unknown as [PlacedNode, PlacedNode][]) {
        again(key);
        again(value);
      }
      return "dyn";
    case "?:": {
      again(args[0]!);
      const [yes, no] = [again(args[1]!), again(args[2]!)];
      return nameOf(yes) === nameOf(no) ? yes : "dyn";
    }
    case "||":
    case "&&":
      for (const one of args) {
        const type = nameOf(again(one));
        if (type !== "bool" && type !== "dyn")
          throw new Mistake(`expected type 'bool' but found '${type}'`, one.start);
      }
      return "bool";
    case "!_":
      again(node.args as PlacedNode);
      return "bool";
    case "-_":
      return again(node.args as PlacedNode);
    default:
      return binary(node, args, again, expression);
  }
}

function literal(value: unknown): CelType {
  switch (typeof value) {
    case "string":
      return "string";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "boolean":
      return "bool";
    default:
      return value === null ? "null_type" : "dyn";
  }
}

const undeclared = (name: string, at: number) =>
  new Mistake(`undeclared reference to '${name}' (in container '')`, at);

function binary(
  node: PlacedNode,
  args: PlacedNode[],
  again: (node: PlacedNode) => CelType,
  expression: string,
): CelType {
  const [left, right] = args as [PlacedNode, PlacedNode];
  const [a, b] = [nameOf(again(left)), nameOf(again(right))];
  const isComparing = ["==", "!=", "<", "<=", ">", ">="].includes(node.op);
  const scalars = ["bool", "int", "double", "string"];
  const numbers = ["int", "double"];
  const isOrdering = isComparing && !["==", "!="].includes(node.op);
  const fits = a === b || (isOrdering && numbers.includes(a) && numbers.includes(b));
  if (node.op !== "in" && scalars.includes(a) && scalars.includes(b) && !fits) {
    const at = expression.indexOf(node.op, left.end);
    throw new Mistake(noOverload(`_${node.op}_`, a, b), at < 0 ? node.start : at);
  }
  if (isComparing || node.op === "in") return "bool";
  return a === b && scalars.includes(a) ? (a as Scalar) : "dyn";
}

function field(node: PlacedNode, names: Names, expression: string): CelType {
  const [target, name] = node.args as [PlacedNode, string | PlacedNode];
  if (target.op === "id" && qualifiers.has(target.args as string) && !names.has(target.args as string))
    return "dyn";
  const type = typeOf(target, names, expression);
  if (typeof name !== "string") return "dyn";
  const found = fieldOf(type, name, expression.indexOf(".", target.end));
  return node.op === ".?" ? "dyn" : found;
}

function fieldOf(type: CelType, name: string, at: number): CelType {
  if (typeof type === "string") {
    if (type === "dyn") return "dyn";
    throw new Mistake(`type '${type}' does not support field selection`, at);
  }
  const { schema, isObject: isOwnObject } = type;
  const { properties, additionalProperties } = schema;
  if (schema.type !== "object") return "dyn";
  if (isObject(additionalProperties)) return typeOfSchema(additionalProperties as JsonSchema);
  if (additionalProperties === true) return "dyn";
  const plain = unescapeName(name);
  if (isOwnObject) {
    if (plain === "apiVersion" || plain === "kind") return "string";
    if (plain === "metadata") return typeOfSchema(metadataSchema);
  }
  if (properties && Object.hasOwn(properties, plain)) return typeOfSchema(properties[plain]!);
  throw new Mistake(`undefined field '${name}'`, at);
}

/** All that rules may know of an object's metadata. */
export const metadataSchema: JsonSchema = {
  type: "object",
  properties: { name: { type: "string" }, generateName: { type: "string" } },
};

/** __dot__, __dash__ and so on: names that are no identifiers. */
export const unescapeName = (name: string) =>
  name.replace(/__(underscores|dot|dash|slash|[a-z]+)__/g, (_all, word: string) => {
    const signs: Record<string, string> = { underscores: "__", dot: ".", dash: "-", slash: "/" };
    return signs[word] ?? word;
  });

export function typeOfSchema(schema: JsonSchema): CelType {
  if (schema["x-kubernetes-int-or-string"] || !schema.type) return "dyn";
  switch (schema.type) {
    case "integer":
      return "int";
    case "number":
      return "double";
    case "boolean":
      return "bool";
    case "string":
      // Dates, durations and bytes are types of their own.
      return ["date", "date-time", "duration", "byte"].includes(schema.format ?? "") ? "dyn" : "string";
    default:
      return { schema, isObject: schema["x-kubernetes-embedded-resource"] === true };
  }
}

function nameOf(type: CelType): string {
  if (typeof type === "string") return type;
  return { object: "object", array: "list" }[type.schema.type ?? ""] ?? "dyn";
}

/** Of a list its elements, of a map its values or, in loops, its keys. */
function elementOf(type: CelType, isLoop: boolean): CelType {
  if (typeof type === "string") return "dyn";
  const { items, additionalProperties } = type.schema;
  if (items) return typeOfSchema(items);
  if (!isLoop && isObject(additionalProperties)) return typeOfSchema(additionalProperties as JsonSchema);
  return "dyn";
}

const results: Record<string, Scalar> = {
  size: "int",
  string: "string",
  int: "int",
  double: "double",
  bool: "bool",
  has: "bool",
  matches: "bool",
  startsWith: "bool",
  endsWith: "bool",
  contains: "bool",
  all: "bool",
  exists: "bool",
  exists_one: "bool",
  existsOne: "bool",
};

function call(node: PlacedNode, names: Names, expression: string): CelType {
  const [name, args] = node.args as [string, PlacedNode[]];
  const at = expression.indexOf("(", node.start);
  if (!celFunctionNames.has(name) && !macros.has(name) && !typeNames.has(name)) throw undeclared(name, at);
  for (const one of args) typeOf(one, names, expression);
  return results[name] ?? "dyn";
}

function method(node: PlacedNode, names: Names, expression: string): CelType {
  const [name, target, args] = node.args as [string, PlacedNode, PlacedNode[]];
  const qualifier = target.op === "id" ? (target.args as string) : "";
  const isQualified = qualifiers.has(qualifier) && !names.has(qualifier);
  const type = isQualified ? "dyn" : typeOf(target, names, expression);
  const at = expression.indexOf("(", target.end);
  const exists = [celFunctionNames, macros, macrosMore, authorizing].some((names) => names.has(name));
  if (!exists && !isQualified) throw undeclared(name, at);
  const scope = new Map(names);
  const variables = args.slice(0, -1).filter(({ op }) => op === "id");
  if (isQualified && name === "bind" && args.length === 3) {
    scope.set(args[0]!.args as string, typeOf(args[1]!, names, expression));
    return typeOf(args[2]!, scope, expression);
  }
  if ((macros.has(name) || macrosMore.has(name)) && variables[0] === args[0] && args.length > 1) {
    const [first, second] = variables as [PlacedNode, PlacedNode?];
    const hasTwo = second !== undefined && second === args[1] && args.length > 2;
    scope.set(first.args as string, hasTwo || name.startsWith("opt") ? "dyn" : elementOf(type, true));
    if (hasTwo) scope.set(second.args as string, "dyn");
    const bodies = args.slice(hasTwo ? 2 : 1);
    for (const body of bodies) typeOf(body, scope, expression);
    return results[name] ?? "dyn";
  }
  for (const one of args) typeOf(one, names, expression);
  return results[name] ?? "dyn";
}
