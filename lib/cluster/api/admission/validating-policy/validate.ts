import type { FieldError, KubeObject } from "@/lib/cluster/resources/kind";
import {
  duplicate,
  invalid,
  notSupported,
  required,
  tooMany,
} from "@/lib/cluster/resources/validation/errors";
import { celMistake, type CelType } from "@/lib/cluster/api/cel/check";
import type { JsonSchema } from "@/lib/cluster/api/crd/json-schema";
import type { Policy } from "./types";

type Names = Record<string, CelType>;
const request: Names = { object: "dyn", oldObject: "dyn", request: "dyn" };
const conditionsMax = 64;

/**
 * What keeps the expressions of a policy from running (kubernetes 1.34 pkg/apis/admissionregistration/validation). On
 * update, expressions that are stored already may stay.
 */
export function validatePolicyExpressions(policy: Policy, old?: Policy): FieldError[] {
  const {
    paramKind,
    matchConditions = [],
    variables = [],
    validations = [],
    auditAnnotations = [],
  } = policy.spec ?? {};
  const stored = old ? JSON.stringify(old.spec) : "";
  const params: Names = paramKind ? { params: "dyn" } : {};
  const declared: JsonSchema = { type: "object", properties: {} };
  const names: Names = {
    ...request,
    ...params,
    authorizer: "dyn",
    namespaceObject: "dyn",
    variables: { schema: declared },
  };
  const check = (field: string, expression: string, scope: Names, wanted: Parameters<typeof celMistake>[2]) =>
    stored.includes(JSON.stringify(expression)) ? [] : mistakes(field, expression, scope, wanted);

  const errors: FieldError[] = validateMatchConditions(
    matchConditions,
    "spec.matchConditions",
    { ...params, namespaceObject: "dyn" },
    stored,
  );
  for (const [index, { name = "", expression = "" }] of variables.entries()) {
    const at = `spec.variables[${index}]`;
    if (name.trim() === "") errors.push(required(`${at}.name`, "name is not specified"));
    else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      errors.push(invalid(`${at}.name`, name, "name is not a valid CEL identifier"));
    if (expression.trim() === "") errors.push(required(`${at}.expression`, "expression is not specified"));
    else errors.push(...check(`${at}.expression`, expression, names, []));
    if (Object.hasOwn(declared.properties!, name)) errors.push(duplicate(`${at}.name`, name));
    // Later variables and the validations may name it; of what type it is only its evaluation tells.
    declared.properties![name] = {};
  }
  for (const [index, validation] of validations.entries()) {
    const { expression = "", message = "", messageExpression = "", reason } = validation;
    const at = `spec.validations[${index}]`;
    if (expression.trim() !== "") errors.push(...check(`${at}.expression`, expression, names, ["bool"]));
    const { authorizer: _, ...told } = names;
    if (messageExpression !== "" && messageExpression.trim() === "")
      errors.push(invalid(`${at}.messageExpression`, messageExpression, "must be non-empty if specified"));
    else if (messageExpression !== "")
      errors.push(...check(`${at}.messageExpression`, messageExpression, told, ["string"]));
    if (message !== "" && message.trim() === "")
      errors.push(invalid(`${at}.message`, message, "message must be non-empty if specified"));
    else if (/[\n\r]/.test(message.trim()))
      errors.push(invalid(`${at}.message`, message, "message must not contain line breaks"));
    const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
    if (reason !== undefined && !reasons.includes(reason))
      errors.push(notSupported(`${at}.reason`, reason, reasons));
  }
  for (const [index, { key, valueExpression = "" }] of auditAnnotations.entries()) {
    const at = `spec.auditAnnotations[${index}]`;
    if (valueExpression.trim() === "")
      errors.push(required(`${at}.valueExpression`, "valueExpression is not specified"));
    else errors.push(...check(`${at}.valueExpression`, valueExpression, names, ["string", "null_type"]));
    if (auditAnnotations.findIndex((one) => one.key === key) < index)
      errors.push(duplicate(`${at}.key`, key));
  }
  return errors;
}

/** Of a policy or of a webhook. */
function validateMatchConditions(
  conditions: { name: string; expression: string }[],
  field: string,
  more: Names,
  stored: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (conditions.length > conditionsMax) errors.push(tooMany(field, conditions.length, conditionsMax));
  for (const [index, { name, expression = "" }] of conditions.entries()) {
    const at = `${field}[${index}]`;
    if (expression.trim() === "") errors.push(required(`${at}.expression`));
    else if (!stored.includes(JSON.stringify(expression)))
      errors.push(
        ...mistakes(`${at}.expression`, expression.trim(), { ...request, ...more, authorizer: "dyn" }, [
          "bool",
        ]),
      );
    if (!name) errors.push(required(`${at}.name`));
    else if (conditions.findIndex((one) => one.name === name) < index)
      errors.push(duplicate(`${at}.name`, name));
  }
  return errors;
}

interface WebhookConfiguration extends KubeObject {
  webhooks?: { matchConditions?: { name: string; expression: string }[] }[];
}

export function validateWebhookExpressions(
  { webhooks = [] }: WebhookConfiguration,
  old?: WebhookConfiguration,
): FieldError[] {
  const stored = old ? JSON.stringify(old.webhooks ?? []) : "";
  return webhooks.flatMap(({ matchConditions = [] }, index) =>
    validateMatchConditions(matchConditions, `webhooks[${index}].matchConditions`, {}, stored),
  );
}

function mistakes(
  field: string,
  expression: string,
  names: Names,
  wanted: Parameters<typeof celMistake>[2],
): FieldError[] {
  const mistake = celMistake(expression, names, wanted);
  if (!mistake) return [];
  const detail =
    mistake.kind === "compile"
      ? `compilation failed: ${mistake.text}`
      : `must evaluate to ${wanted.length === 1 ? wanted[0] : `one of [${wanted.join(" ")}]`}`;
  return [invalid(field, expression, detail)];
}
