import type { KubeObject } from "@/lib/cluster/resources/kind";
import { budgetExceededText, CelBudget, CostExceeded, sizeOf } from "@/lib/cluster/api/cel/budget";
import { compileCel } from "@/lib/cluster/api/cel/program";
import type { Authorizer } from "@/lib/cluster/api/authz/authorizer";
import type { Registry, Resource } from "@/lib/cluster/api/registry/registry";
import type { AdmissionAttributes } from "../plugin";
import { celVariables } from "../request-view";
import type { Policy } from "./types";

export interface Refusal {
  message: string;
  reason: string;
  /** Of an audit annotation whose value could not be made: denied whatever the binding's actions say. */
  isAudit?: boolean;
}

const messageBytesMax = 5 << 10;
/** What a variable may hold: a chain of variables must not double it into all of the memory. */
const variableSizeMax = 100_000;

/** What the policy has against a request; follows apiserver 1.34 pkg/admission/plugin/policy/validating/validator.go. */
export function evaluatePolicy(
  { spec }: Policy,
  resource: Resource,
  attributes: AdmissionAttributes,
  registry: Registry,
  authorizer: Authorizer,
  params: KubeObject | null,
): Refusal[] {
  const scope = celVariables(resource, attributes, registry, authorizer, params);
  const variables = new PolicyVariables(spec.variables ?? [], scope);
  const isIgnoring = spec.failurePolicy === "Ignore";
  const run = (expression: string): { value: unknown } | { error: string } => {
    try {
      return { value: variables.run(expression) };
    } catch (failure) {
      if (variables.budget.left <= 0) return { error: budgetExceededText };
      return { error: errorText(expression, failure) };
    }
  };

  const failures: string[] = [];
  for (const { expression } of spec.matchConditions ?? []) {
    const result = run(expression);
    if ("error" in result) failures.push(result.error);
    else if (result.value !== true) return [];
  }
  if (failures.length > 0)
    return isIgnoring
      ? []
      : [{ message: failures.length === 1 ? failures[0]! : `[${failures.join(", ")}]`, reason: "Invalid" }];

  const refusals: Refusal[] = [];
  for (const { expression, message = "", messageExpression, reason = "Invalid" } of spec.validations ?? []) {
    const result = run(expression);
    if ("error" in result) {
      if (!isIgnoring) refusals.push({ message: result.error, reason: "Invalid" });
    } else if (result.value !== true) {
      const made = messageExpression ? run(messageExpression) : undefined;
      const text =
        (made && usableMessage(made)) || message.trim() || `failed expression: ${expression.trim()}`;
      refusals.push({ message: text, reason });
    }
  }
  for (const { valueExpression } of spec.auditAnnotations ?? []) {
    const result = run(valueExpression);
    if ("error" in result && !isIgnoring)
      refusals.push({ message: result.error, reason: "Invalid", isAudit: true });
  }
  return refusals;
}

const errorText = (expression: string, failure: unknown) =>
  `expression '${expression}' resulted in error: ${(failure as Error).message.split("\n")[0]}`;

function usableMessage(made: { value: unknown } | { error: string }): string | undefined {
  const text = "value" in made && typeof made.value === "string" ? made.value.trim() : "";
  return text.includes("\n") || Buffer.byteLength(text) > messageBytesMax ? undefined : text;
}

/** Variables are evaluated when an expression first names them, each once. */
class PolicyVariables {
  readonly #values: Record<string, unknown> = {};
  readonly budget = new CelBudget();

  constructor(
    declared: { name: string; expression: string }[],
    readonly scope: Record<string, unknown>,
  ) {
    scope.variables = this.#values;
    for (const { name, expression } of declared) this.#declare(name, expression);
  }

  run(expression: string): unknown {
    return compileCel(expression).run(this.scope, this.budget);
  }

  #declare(name: string, expression: string): void {
    const settle = (value: unknown) =>
      Object.defineProperty(this.#values, name, { value, enumerable: true, configurable: true });
    let failure: Error | undefined;
    Object.defineProperty(this.#values, name, {
      configurable: true,
      get: () => {
        if (failure) throw failure;
        failure = new Error(`composited variable "${name}" refers to itself`);
        try {
          const value = this.run(expression);
          if (sizeOf(value, variableSizeMax) >= variableSizeMax) throw new CostExceeded();
          settle(value);
          return value;
        } catch (thrown) {
          failure = new Error(
            `composited variable "${name}" fails to evaluate: ${(thrown as Error).message.split("\n")[0]}`,
          );
          throw failure;
        }
      },
    });
  }
}
