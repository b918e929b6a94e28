import type { FieldError } from "@/lib/cluster/resources/kind";
import { invalid } from "@/lib/cluster/resources/validation/errors";
import { celMistake, typeOfSchema, type CelType } from "@/lib/cluster/api/cel/check";
import { estimateCost } from "@/lib/cluster/api/cel/estimate-cost";
import { compileCel } from "@/lib/cluster/api/cel/program";
import { countMaxOf } from "@/lib/cluster/api/cel/schema-size";
import type { RuleCosts } from "./rule-costs";
import type { SchemaLevel } from "./schema-rules";

/** What keeps the rules of one level from running; follows the end of ValidateCustomResourceDefinitionOpenAPISchema. */
export function validateExpressions(
  { schema, path, uncorrelatable, count = countMaxOf(schema) }: SchemaLevel,
  isRoot: boolean,
  costs: RuleCosts,
): FieldError[] {
  const own = typeOfSchema(schema);
  const self: CelType = typeof own === "object" && isRoot ? { ...own, isObject: true } : own;
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, at) => {
    const field = `${path}.x-kubernetes-validations[${at}]`;
    const names = { self, oldSelf: rule.optionalOldSelf ? ("dyn" as const) : self };
    const errors: FieldError[] = [];
    const mistake = celMistake(rule.rule, names, ["bool"]);
    if (mistake?.kind === "compile")
      return [invalid(`${field}.rule`, rule, `compilation failed: ${mistake.text}`)];
    if (mistake) return [invalid(`${field}.rule`, rule, "cel expression must evaluate to a bool")];
    const costOf = (expression: string) =>
      estimateCost(expression, schema, typeof self === "object" && self.isObject === true);
    errors.push(
      ...costs.add(`${field}.rule`, "estimated rule cost", count === 0 ? 0 : count * costOf(rule.rule)),
    );
    const told = rule.messageExpression ? celMistake(rule.messageExpression, names, ["string"]) : undefined;
    if (told)
      errors.push(
        invalid(
          `${field}.messageExpression`,
          rule,
          told.kind === "compile"
            ? `messageExpression compilation failed: ${told.text}`
            : "messageExpression must evaluate to a string",
        ),
      );
    else if (rule.messageExpression)
      errors.push(
        ...costs.add(
          `${field}.messageExpression`,
          "estimated messageExpression cost",
          costOf(rule.messageExpression),
        ),
      );
    if (compileCel(rule.rule).usesOldSelf) {
      if (uncorrelatable !== undefined)
        errors.push(
          invalid(
            `${field}.rule`,
            rule.rule,
            `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
          ),
        );
    } else if (rule.optionalOldSelf !== undefined)
      errors.push(
        invalid(
          `${field}.optionalOldSelf`,
          rule.optionalOldSelf,
          "may not be set if oldSelf is not used in rule",
        ),
      );
    return errors;
  });
}
