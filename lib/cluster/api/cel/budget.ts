import type { Environment } from "@marcbachmann/cel-js";

/** Of one expression, and of all that one request is checked by (apiserver 1.34 pkg/apis/cel/config.go). */
export const expressionCostMax = 1_000_000;
export const requestCostMax = 10_000_000;

/** What the rules of one request may still cost together. */
export class CelBudget {
  left = requestCostMax;
}

export class CostExceeded extends Error {
  constructor() {
    super("operation cancelled: actual cost limit exceeded");
    this.name = "CostExceeded";
  }
}

export const budgetExceededText =
  "validation failed due to running out of cost budget, no further validation rules will be run";

export interface CelNode {
  op: string;
  args: unknown;
}

interface RunnableNode extends CelNode {
  evaluate(evaluator: Evaluator, node: RunnableNode, context: unknown): unknown;
}

interface Evaluator {
  run(node: RunnableNode, context: unknown): unknown;
  tryEval(node: RunnableNode, context: unknown): unknown;
}

/** Operations that read all of what they are given. */
const traversing = new Set(["call", "rcall", "+", "==", "!=", "in", "<", "<=", ">", ">="]);
const comparing = new Set(["==", "!=", "in"]);
const macros = new Set(
  "all exists exists_one existsOne map filter has bind transformList transformMap transformMapEntry".split(
    " ",
  ),
);
/** Of a text, ten characters cost as much as one step. */
const charactersPerStep = 10;

let left = 0;
/** What the operation at hand was given so far. */
let given = 0;
let isDeep = false;

/**
 * Makes an environment count: every step costs one, and what reads texts and lists costs their length, too. The
 * library has no hook of its own; a macro is shown its evaluator, which runs each node of a program.
 */
export function countCosts(environment: Environment): void {
  let evaluator: Evaluator | undefined;
  environment.registerFunction("showEvaluator(ast): bool", ((macro: { args: unknown }) => ({
    args: macro.args,
    async: false,
    typeCheck: (checker: { getType(name: string): unknown }) => checker.getType("bool"),
    evaluate(own: Evaluator) {
      evaluator = own;
      return true;
    },
  })) as never);
  environment.evaluate("showEvaluator(1)", {});
  if (!evaluator) throw new Error("The CEL library shows no evaluator any more: costs cannot be counted.");
  const own = evaluator;
  own.run = (node, context) => {
    if (--left < 0) throw new CostExceeded();
    const outer = given;
    const outerDeep = isDeep;
    given = 0;
    isDeep = comparing.has(node.op);
    const value = node.evaluate(own, node, context);
    if (readsAll(node)) spend(given);
    given = outer + (outerDeep ? sizeOf(value, left + 1) : length(value));
    isDeep = outerDeep;
    return value;
  };
  // Other errors may be made up for by what stands beside them (true || error); this one ends it all.
  own.tryEval = (node, context) => {
    const outer = given;
    const outerDeep = isDeep;
    try {
      return own.run(node, context);
    } catch (failure) {
      if (failure instanceof CostExceeded) throw failure;
      given = outer;
      isDeep = outerDeep;
      return failure;
    }
  };
}

/** A function that costs more than its step calls it while an expression runs; throws CostExceeded. */
export function spend(cost: number): void {
  left -= cost;
  if (left < 0) throw new CostExceeded();
}

/** Macros look like functions; what they loop over is counted as they go. */
function readsAll({ op, args }: CelNode): boolean {
  if (!traversing.has(op)) return false;
  return !((op === "call" || op === "rcall") && Array.isArray(args) && macros.has(String(args[0])));
}

/** Runs what evaluates one expression; throws CostExceeded when that, or the request's budget, is not enough. */
export function withinBudget<T>(budget: CelBudget, root: CelNode, evaluate: () => T): T {
  const outer = { left, given, isDeep };
  const allowed = Math.min(expressionCostMax, budget.left);
  left = allowed;
  given = 0;
  isDeep = comparing.has(root.op);
  try {
    const value = evaluate();
    if (readsAll(root)) spend(given);
    return value;
  } finally {
    budget.left -= allowed - Math.max(0, left);
    ({ left, given, isDeep } = outer);
  }
}

function length(value: unknown): number {
  if (typeof value === "string") return Math.ceil(value.length / charactersPerStep);
  if (Array.isArray(value)) return value.length;
  return 0;
}

/** How many values there are in all, below and with `value`; counts no further than `max`. */
export function sizeOf(value: unknown, max: number): number {
  if (typeof value === "string") return Math.min(max, 1 + Math.ceil(value.length / charactersPerStep));
  if (typeof value !== "object" || value === null) return 1;
  let size = 1;
  for (const member of Object.values(value) as unknown[]) {
    size += sizeOf(member, max - size);
    if (size >= max) return max;
  }
  return size;
}
