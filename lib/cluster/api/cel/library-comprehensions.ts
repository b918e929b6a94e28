import type { Environment } from "@marcbachmann/cel-js";
import type { CelNode } from "./budget";

interface Context {
  forkWithVariable(name: string, type: unknown): Context;
  reuse(parent: Context): Context;
  setIterValue(value: unknown, evaluator: Evaluator): Context;
}

interface Evaluator {
  run(node: CelNode, context: Context): unknown;
  tryEval(node: CelNode, context: Context): unknown;
}

interface Checker {
  check(node: CelNode, context: Context): { kind: string };
  formatType(type: unknown): string;
  getType(name: string): unknown;
  createError(code: string, text: string, node: CelNode): Error;
}

/** What the library gives a macro of a call: `receiver.name(first, second, ...)`. */
interface Call {
  receiver: CelNode;
  args: CelNode[];
}

/** The elements of a list by their index, or of a map by their key; `see` is called with the variables set. */
type Loop = (see: (key: unknown) => boolean | void) => void;
type Run = (
  loop: Loop,
  test: (node: CelNode) => unknown,
  value: (node: CelNode) => unknown,
  args: CelNode[],
) => unknown;

/**
 * Comprehensions with two variables: all, exists, existsOne, transformList, transformMap and transformMapEntry (cel-go
 * ext/comprehensions.go, which Kubernetes has since 1.33).
 */
export function addComprehensionLibrary(environment: Environment): Environment {
  const add = (signature: string, run: Run, variables?: 1) =>
    environment.registerFunction(signature, macro(run, variables) as never);
  for (const [name, run] of Object.entries(quantifiers)) add(`list.${name}(ast, ast, ast): bool`, run);
  for (const [name, run] of Object.entries(transforms)) {
    const type = name === "transformList" ? "list<dyn>" : "dyn";
    add(`list.${name}(ast, ast, ast): ${type}`, run);
    add(`list.${name}(ast, ast, ast, ast): ${type}`, run);
  }
  // cel-go's other name for exists_one.
  add("list.existsOne(ast, ast): bool", existsOne, 1);
  return environment;
}

function existsOne(...[loop, test, , [predicate]]: Parameters<Run>): boolean {
  let found = 0;
  loop(() => {
    if (truth(test(predicate!))) found++;
  });
  return found === 1;
}

const quantifiers: Record<string, Run> = {
  all: (loop, test, _value, [predicate]) => !decided(loop, test, predicate!, false),
  exists: (loop, test, _value, [predicate]) => decided(loop, test, predicate!, true),
  existsOne,
  exists_one: existsOne,
};

/** Whether the predicate is `wanted` for some element; an error counts only when it is for none. */
function decided(loop: Loop, test: (node: CelNode) => unknown, predicate: CelNode, wanted: boolean): boolean {
  let failure: Error | undefined;
  let isFound = false;
  loop(() => {
    const result = test(predicate);
    if (result instanceof Error) failure ??= result;
    else isFound = truth(result) === wanted;
    return !isFound;
  });
  if (!isFound && failure) throw failure;
  return isFound;
}

/** Throws what was thrown, and for what is no boolean. */
function truth(result: unknown): boolean {
  if (result instanceof Error) throw result;
  if (typeof result !== "boolean") throw new Error("no such overload");
  return result;
}

/** With a filter, when there are two expressions, before what is made of the element. */
function transform(
  make: (result: Collected, key: unknown, value: unknown) => void,
  start: () => Collected,
): Run {
  return (loop, test, value, expressions) => {
    const result = start();
    const [filter, expression] = expressions.length > 1 ? expressions : [undefined, expressions[0]];
    loop((key) => {
      if (!filter || truth(test(filter))) make(result, key, value(expression!));
    });
    return result;
  };
}

type Collected = unknown[] | Map<unknown, unknown>;

const transforms: Record<string, Run> = {
  transformList: transform(
    (list, _key, value) => void (list as unknown[]).push(value),
    () => [],
  ),
  transformMap: transform(
    (map, key, value) => void (map as Map<unknown, unknown>).set(key, value),
    () => new Map(),
  ),
  transformMapEntry: transform(
    (map, _key, entry) => {
      for (const [key, value] of entriesOf(entry)) {
        if ((map as Map<unknown, unknown>).has(key))
          throw new Error(`insert failed: key '${String(key)}' already exists`);
        (map as Map<unknown, unknown>).set(key, value);
      }
    },
    () => new Map(),
  ),
};

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, at) => [BigInt(at), item]);
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  if (typeof value === "object" && value !== null) return Object.entries(value);
  throw new Error("no such overload");
}

/** As the library wants its macros: an expander that gives how the call is checked and run. */
const macro =
  (run: Run, variables: 1 | 2 = 2) =>
  ({ receiver, args }: Call) => {
    const [first, second] = args;
    const expressions = args.slice(variables);
    let outer: Context;
    let inner: Context;
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, context: Context) {
        const type = checker.check(receiver, context);
        if (!["list", "map", "dyn"].includes(type.kind))
          throw checker.createError(
            "invalid_comprehension_range",
            `expression of type '${checker.formatType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
            receiver,
          );
        const dyn = checker.getType("dyn");
        outer = context.forkWithVariable(nameOf(first!, checker), dyn);
        inner = variables === 1 ? outer : outer.forkWithVariable(nameOf(second!, checker), dyn);
        for (const one of expressions) checker.check(one, inner);
        return dyn;
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: Context) {
        const over = evaluator.run(receiver, context);
        const entries = entriesOf(over);
        outer.reuse(context);
        if (variables === 2) inner.reuse(outer);
        const loop: Loop = (see) => {
          for (const [key, value] of entries) {
            outer.setIterValue(variables === 1 && Array.isArray(over) ? value : key, evaluator);
            if (variables === 2) inner.setIterValue(value, evaluator);
            if (see(key) === false) return;
          }
        };
        return run(
          loop,
          (node) => evaluator.tryEval(node, inner),
          (node) => evaluator.run(node, inner),
          expressions,
        );
      },
    };
  };

function nameOf(node: CelNode, checker: Checker): string {
  if (node.op === "id") return node.args as string;
  throw checker.createError("invalid_macro_argument", "argument must be a simple name", node);
}
