import type { FieldError, Kind, KubeObject, StrategyContext } from "@/lib/cluster/resources/kind";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import type { Policy } from "./admission/validating-policy/types";
import {
  validatePolicyExpressions,
  validateWebhookExpressions,
} from "./admission/validating-policy/validate";
import { validateSchemas } from "./crd/definition/validate";

/** What a kind's objects are checked for with a compiler that only the API server has. */
const compiled: Record<string, (object: KubeObject, old?: KubeObject) => FieldError[]> = {
  "apiextensions.k8s.io/CustomResourceDefinition": (object, old) =>
    validateSchemas(
      object as unknown as CustomResourceDefinition,
      old as unknown as CustomResourceDefinition | undefined,
    ),
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy": (object, old) =>
    validatePolicyExpressions(object as Policy, old as Policy | undefined),
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": validateWebhookExpressions,
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": validateWebhookExpressions,
};

/** A kind that refuses expressions and schemas which cannot be compiled. */
export function withCompilers(kind: Kind): Kind {
  const check = compiled[`${kind.group}/${kind.kind}`];
  if (!check) return kind;
  return {
    ...kind,
    validateCreate: (object: KubeObject, context: StrategyContext) => [
      ...(kind.validateCreate?.(object, context) ?? []),
      ...check(object),
    ],
    validateUpdate: (object: KubeObject, old: KubeObject, context: StrategyContext) => [
      ...(kind.validateUpdate?.(object, old, context) ?? []),
      ...check(object, old),
    ],
  };
}
