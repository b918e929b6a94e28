import { Environment } from "@marcbachmann/cel-js";
import { CelBudget, countCosts, withinBudget, type CelNode } from "./budget";
import { addAuthorizerLibrary } from "./library-authorizer";
import { addComprehensionLibrary } from "./library-comprehensions";
import { addFormatLibrary } from "./library-format";
import { addNetworkLibrary } from "./library-network";
import { addQuantityLibrary } from "./library-quantity";
import { addTextLibrary } from "./library-text";
import { addUrlLibrary } from "./library-url";

/** A CEL expression, ready to run. */
export interface CelProgram {
  /** Whether the expression speaks of `oldSelf`. */
  usesOldSelf: boolean;
  /** Throws with CEL's own words; CostExceeded when the run costs more than one expression, or `budget`, allows. */
  run(variables: Record<string, unknown>, budget?: CelBudget): unknown;
}

const expressionCharactersMax = 20_000;

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 5000, maxDepth: 100 },
})
  .registerFunction(
    "hasField(dyn, string): bool",
    (object: unknown, name: string) =>
      typeof object === "object" && object !== null && Object.hasOwn(object, name),
  )
  .registerFunction("list.sum(): dyn", (list: unknown[]) => list.reduce<bigint | number>(plus, 0n))
  .registerFunction("list.min(): dyn", (list: never[]) => list.reduce((a, b) => (b < a ? b : a)))
  .registerFunction("list.max(): dyn", (list: never[]) => list.reduce((a, b) => (b > a ? b : a)))
  .registerFunction("list.isSorted(): bool", (list: never[]) =>
    list.every((item, at) => at === 0 || list[at - 1]! <= item),
  )
  .registerFunction("list.indexOf(dyn): int", (list: unknown[], item: unknown) => BigInt(list.indexOf(item)))
  .registerFunction("list.lastIndexOf(dyn): int", (list: unknown[], item: unknown) =>
    BigInt(list.lastIndexOf(item)),
  );
for (const add of [
  addTextLibrary,
  addNetworkLibrary,
  addQuantityLibrary,
  addUrlLibrary,
  addFormatLibrary,
  addComprehensionLibrary,
  addAuthorizerLibrary,
])
  add(environment);
countCosts(environment);

interface Node extends CelNode {
  /** Where in the text it stands. */
  start: number;
  end: number;
}

const programs = new Map<string, CelProgram | Error>();

/** Compiles once per text and process. Throws what the parser says of a text that is no expression. */
export function compileCel(expression: string): CelProgram {
  let known = programs.get(expression);
  if (!known) {
    if (programs.size > 5000) programs.clear();
    try {
      known = compile(expression);
    } catch (failure) {
      known = failure as Error;
    }
    programs.set(expression, known);
  }
  if (known instanceof Error) throw known;
  return known;
}

function compile(expression: string): CelProgram {
  if (expression.length > expressionCharactersMax) throw new Error("expression is too long");
  const parsed = environment.parse(plainHas(expression));
  let usesOldSelf = false;
  visit(parsed.ast, (node) => {
    // The library's `matches` backtracks; students' and CRDs' patterns run with RE2 as upstream's do.
    const isCall = node.op === "rcall" || node.op === "call";
    if (isCall && Array.isArray(node.args) && node.args[0] === "matches") node.args[0] = "re2Matches";
    if (node.op === "id" && node.args === "oldSelf") usesOldSelf = true;
  });
  return {
    usesOldSelf,
    run: (variables, budget = new CelBudget()) =>
      withinBudget(budget, parsed.ast as unknown as CelNode, () => parsed(variables) as unknown),
  };
}

/**
 * The library's `has()` takes only fields of variables; CEL allows any expression before the last dot. Those become a
 * function of the same meaning.
 */
function plainHas(expression: string): string {
  const edits: { start: number; end: number; text: string }[] = [];
  visit(environment.parse(expression).ast, (node) => {
    if (node.op !== "call" || !Array.isArray(node.args) || node.args[0] !== "has") return;
    const [field] = node.args[1] as (Node | undefined)[];
    if (field?.op !== "." || !Array.isArray(field.args) || isVariableField(field)) return;
    const [target, name] = field.args as [Node, string];
    const text = `hasField(${expression.slice(target.start, target.end)}, '${name}')`;
    edits.push({ start: node.start, end: node.end, text });
  });
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), expression);
}

function isVariableField(node: Node): boolean {
  if (node.op === "id") return true;
  return node.op === "." && Array.isArray(node.args) && isVariableField(node.args[0] as Node);
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, see);
  else if (isNode(value)) {
    see(value);
    visit(value.args, see);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "op" in value && "args" in value;

const plus = (sum: bigint | number, item: unknown): bigint | number =>
  typeof item === "bigint" && typeof sum === "bigint" ? sum + item : Number(sum) + Number(item);

/** A node that tells where in the text it stands. */
export type PlacedNode = Node;

/** The tree of an expression, and what the library's own check of types has against it. */
export function inspectCel(expression: string): { ast: PlacedNode; mistake?: { text: string; at: number } } {
  const { ast } = environment.parse(expression);
  const { error } = environment.check(plainHas(expression));
  if (!error) return { ast };
  return { ast, mistake: { text: error.message.split("\n")[0]!, at: error.range?.start ?? 0 } };
}

/** Every function and method that an expression may call. */
export const celFunctionNames: ReadonlySet<string> = new Set(
  environment.getDefinitions().functions.map(({ name }) => name),
);
