import { ageColumn, integer, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { LabelSelector, Typed, WebhookRule } from "../types";
import { invalid, notSupported, required } from "../validation/errors";

interface MatchResources {
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  resourceRules?: (WebhookRule & { resourceNames?: string[] })[];
  excludeResourceRules?: (WebhookRule & { resourceNames?: string[] })[];
  matchPolicy?: string;
}

export type ValidatingAdmissionPolicy = Typed<{
  spec?: {
    paramKind?: { apiVersion: string; kind: string };
    matchConstraints?: MatchResources;
    validations?: { expression: string; message?: string; messageExpression?: string; reason?: string }[];
    auditAnnotations?: { key: string; valueExpression: string }[];
    failurePolicy?: string;
    matchConditions?: { name: string; expression: string }[];
    variables?: { name: string; expression: string }[];
  };
  status?: object;
}>;

export type ValidatingAdmissionPolicyBinding = Typed<{
  spec?: {
    policyName?: string;
    paramRef?: {
      name?: string;
      namespace?: string;
      selector?: LabelSelector;
      parameterNotFoundAction?: string;
    };
    matchResources?: MatchResources;
    validationActions?: string[];
  };
}>;

const group = "admissionregistration.k8s.io";
const unset = "<unset>";
const actions = ["Audit", "Deny", "Warn"];

function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])])
    rule.scope ??= "*";
}

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>(
  group,
  "ValidatingAdmissionPolicy",
  {
    columns: [
      nameColumn(),
      integer("Validations", ({ spec }) => spec?.validations?.length ?? 0),
      text("ParamKind", ({ spec }) =>
        spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : unset,
      ),
      ageColumn(),
    ],
    defaults({ spec }) {
      if (!spec) return;
      spec.failurePolicy ??= "Fail";
      defaultMatch(spec.matchConstraints);
    },
    prepareForCreate(object) {
      object.metadata.generation = 1;
      object.status = {};
    },
    validate({ spec = {} }) {
      const errors: FieldError[] = [];
      if (!spec.validations?.length && !spec.auditAnnotations?.length) {
        errors.push(required("spec.validations", "validations or auditAnnotations must be non-empty"));
        errors.push(required("spec.auditAnnotations", "validations or auditAnnotations must be non-empty"));
      }
      for (const [index, { expression }] of (spec.validations ?? []).entries()) {
        if (!expression?.trim())
          errors.push(required(`spec.validations[${index}].expression`, "expression is not specified"));
      }
      if (!spec.matchConstraints) errors.push(required("spec.matchConstraints"));
      else if (!spec.matchConstraints.resourceRules?.length) {
        errors.push(required("spec.matchConstraints.resourceRules"));
      }
      if (!["Fail", "Ignore"].includes(spec.failurePolicy ?? "")) {
        errors.push(notSupported("spec.failurePolicy", spec.failurePolicy, ["Fail", "Ignore"]));
      }
      return errors;
    },
  },
);

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>(
  group,
  "ValidatingAdmissionPolicyBinding",
  {
    columns: [
      nameColumn(),
      text("PolicyName", ({ spec }) => spec?.policyName ?? ""),
      text("ParamRef", ({ spec }) => {
        const { namespace, name } = spec?.paramRef ?? {};
        if (!spec?.paramRef) return unset;
        return namespace ? `${namespace}/${name ?? "*"}` : (name ?? "*");
      }),
      ageColumn(),
    ],
    defaults({ spec }) {
      defaultMatch(spec?.matchResources);
    },
    prepareForCreate({ metadata }) {
      metadata.generation = 1;
    },
    validate({ spec = {} }) {
      const errors: FieldError[] = spec.policyName ? [] : [required("spec.policyName")];
      const given = spec.validationActions ?? [];
      if (given.length === 0)
        errors.push(required("spec.validationActions", "at least one validation action is required"));
      given.forEach((action, index) => {
        if (!actions.includes(action)) {
          errors.push(notSupported(`spec.validationActions[${index}]`, action, actions));
        }
      });
      if (given.includes("Deny") && given.includes("Warn")) {
        errors.push(
          invalid(
            "spec.validationActions",
            given,
            "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
          ),
        );
      }
      return errors;
    },
  },
);
