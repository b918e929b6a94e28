import type { FieldError } from "@/lib/cluster/resources/kind";
import { budgetExceededText, CelBudget, CostExceeded } from "../cel/budget";
import { compileCel, type CelProgram } from "../cel/program";
import { toCel } from "../cel/values";
import { deepEqual, isObject, type Json } from "../json";
import type { CelRule, JsonSchema } from "./json-schema";
import { counterpart } from "./validate-schema";

interface Compiled {
  rule: CelRule;
  program: CelProgram | Error;
}

/** A schema level with rules somewhere at or below it; others are not walked. */
interface Level {
  schema: JsonSchema;
  rules: Compiled[];
  properties: Map<string, Level>;
  values?: Level;
  items?: Level;
}

const errorsMax = 50;

/** The x-kubernetes-validations of a schema, compiled; the function gives what they refuse, in upstream's words. */
export function compileRules(schema: JsonSchema): (value: Json, old: Json | undefined) => FieldError[] {
  const level = levelOf(schema);
  if (!level) return () => [];
  return (value, old) => {
    const errors: FieldError[] = [];
    check(level, value, old, "", errors, new CelBudget(), false);
    return errors;
  };
}

function levelOf(schema: JsonSchema): Level | undefined {
  const rules = (schema["x-kubernetes-validations"] ?? []).map((rule) => ({
    rule,
    program: compile(rule.rule),
  }));
  const properties = new Map<string, Level>();
  for (const [name, below] of Object.entries(schema.properties ?? {})) {
    const level = levelOf(below);
    if (level) properties.set(name, level);
  }
  const values = isObject(schema.additionalProperties)
    ? levelOf(schema.additionalProperties as JsonSchema)
    : undefined;
  const items = schema.items ? levelOf(schema.items) : undefined;
  if (rules.length === 0 && properties.size === 0 && !values && !items) return undefined;
  return { schema, rules, properties, values, items };
}

function compile(expression: string): CelProgram | Error {
  try {
    return compileCel(expression);
  } catch (failure) {
    return failure as Error;
  }
}

/** `isKept`: of an element that cannot be found in `old`, whether the list around it is as it was. */
function check(
  level: Level,
  value: Json,
  old: Json | undefined,
  path: string,
  errors: FieldError[],
  budget: CelBudget,
  isKept: boolean,
): void {
  if (value === null || value === undefined || errors.length >= errorsMax || budget.left <= 0) return;
  const { schema, rules, properties, values, items } = level;
  if (rules.length > 0) {
    const self = toCel(value, schema);
    const oldSelf = old === undefined || old === null ? undefined : toCel(old, schema);
    const isUnchanged = old === undefined ? isKept : deepEqual(value, old);
    for (const one of rules) {
      const error = runRule(one, self, oldSelf, schema, path, budget, isUnchanged);
      if (error) errors.push(error);
      if (budget.left <= 0) return;
    }
  }
  if (isObject(value)) {
    const before = isObject(old) ? old : {};
    for (const [name, member] of Object.entries(value)) {
      const below =
        properties.get(name) ?? (Object.hasOwn(schema.properties ?? {}, name) ? undefined : values);
      if (below)
        check(below, member, before[name], path === "" ? name : `${path}.${name}`, errors, budget, false);
    }
  } else if (Array.isArray(value) && items) {
    const isSame = old !== undefined && deepEqual(value, old);
    value.forEach((item, at) =>
      check(items, item, counterpart(schema, item, old), `${path}[${at}]`, errors, budget, isSame),
    );
  }
}

function runRule(
  { rule, program }: Compiled,
  self: unknown,
  oldSelf: unknown,
  schema: JsonSchema,
  path: string,
  budget: CelBudget,
  isUnchanged: boolean,
): FieldError | undefined {
  const field = `${path}${rule.fieldPath ?? ""}`.replace(/^\./, "") || "<nil>";
  if (program instanceof Error)
    return error(rule, field, schema, `rule compile error: compilation failed: ${firstLine(program)}`);
  if (program.usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) return undefined;
  const variables = { self, ...(oldSelf === undefined ? {} : { oldSelf }) };
  try {
    if (program.run(variables, budget) === true) return undefined;
  } catch (failure) {
    if (failure instanceof CostExceeded) {
      const isCall = budget.left > 0;
      budget.left = 0; // no rule runs after this one
      return error(
        { rule: rule.rule },
        field,
        schema,
        isCall
          ? `'${failure.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${(rule.message ?? rule.rule).trim()}`
          : budgetExceededText,
      );
    }
    return error(
      rule,
      field,
      schema,
      `${firstLine(failure as Error)} evaluating rule: ${rule.message ?? rule.rule}`,
    );
  }
  // What a rule has against a value that stays as it was is no reason to refuse the rest of an update.
  if (isUnchanged && !program.usesOldSelf) return undefined;
  return error(rule, field, schema, messageOf(rule, variables, budget));
}

function messageOf(rule: CelRule, variables: Record<string, unknown>, budget: CelBudget): string {
  if (rule.messageExpression) {
    try {
      const text = compileCel(rule.messageExpression).run(variables, budget);
      if (typeof text === "string" && text.trim() !== "") return text;
    } catch {
      // the plain message says it, too
    }
  }
  return rule.message?.trim() || `failed rule: ${rule.rule}`;
}

function error({ reason }: CelRule, field: string, { type }: JsonSchema, detail: string): FieldError {
  switch (reason) {
    case "FieldValueForbidden":
      return { type: reason, field, message: `Forbidden: ${detail}` };
    case "FieldValueRequired":
      return { type: reason, field, message: `Required value: ${detail}` };
    case "FieldValueDuplicate":
      return { type: reason, field, message: `Duplicate value: "${type ?? "object"}"` };
    default:
      return { type: "FieldValueInvalid", field, message: `Invalid value: "${type ?? "object"}": ${detail}` };
  }
}

const firstLine = ({ message }: Error) => message.split("\n")[0]!;
