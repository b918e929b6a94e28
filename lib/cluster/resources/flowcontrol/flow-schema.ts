import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { Condition, Typed } from "../types";
import { invalid, notSupported, required } from "../validation/errors";

interface Rule {
  subjects?: { kind: string; user?: { name: string }; group?: { name: string }; serviceAccount?: object }[];
  resourceRules?: object[];
  nonResourceRules?: object[];
}

type FlowSchema = Typed<{
  spec: {
    matchingPrecedence?: number;
    priorityLevelConfiguration?: { name?: string };
    distinguisherMethod?: { type?: string };
    rules?: Rule[];
  };
  status?: { conditions?: Condition[] };
}>;

const group = "flowcontrol.apiserver.k8s.io";
const precedenceDefault = 1000;
const precedenceMax = 10_000;
const methods = ["ByNamespace", "ByUser"];
const subjects = ["Group", "ServiceAccount", "User"];

/** kubernetes 1.34 pkg/apis/flowcontrol. */
export const flowSchema = defineKind<FlowSchema>(group, "FlowSchema", {
  columns: [
    nameColumn(),
    text("PriorityLevel", ({ spec }) => spec.priorityLevelConfiguration?.name || "<none>"),
    text("MatchingPrecedence", ({ spec }) => spec.matchingPrecedence ?? 0),
    text("DistinguisherMethod", ({ spec }) => spec.distinguisherMethod?.type || "<none>"),
    ageColumn(),
    text(
      "MissingPL",
      ({ status }) => status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
    ),
  ],
  defaults({ spec }) {
    if (spec) spec.matchingPrecedence ||= precedenceDefault;
  },
  prepareForCreate(object, { get, nowMs }) {
    const name = object.spec.priorityLevelConfiguration?.name ?? "";
    const level = get(group, "prioritylevelconfigurations", undefined, name);
    object.status = { conditions: [danglingCondition(name, level !== undefined, nowMs)] };
  },
  validate({ spec, metadata }) {
    const errors: FieldError[] = [];
    const { matchingPrecedence = 0, distinguisherMethod, rules = [] } = spec;
    const precedence = (why: string) =>
      void errors.push(invalid("spec.matchingPrecedence", matchingPrecedence, why));
    if (matchingPrecedence <= 0) precedence("must be a positive value");
    if (matchingPrecedence > precedenceMax) precedence(`must not be greater than ${precedenceMax}`);
    if (matchingPrecedence === 1 && metadata.name !== "exempt")
      precedence("only the schema named 'exempt' may have matchingPrecedence 1");
    if (distinguisherMethod && !methods.includes(distinguisherMethod.type ?? ""))
      errors.push(notSupported("spec.distinguisherMethod", distinguisherMethod, methods));
    if (!spec.priorityLevelConfiguration?.name)
      errors.push(required("spec.priorityLevelConfiguration.name", "must reference a priority level"));
    return [...errors, ...rules.flatMap((rule, at) => validateRule(rule, `spec.rules[${at}]`))];
  },
});

/** Whether the priority level that a FlowSchema names exists (apiserver 1.34 pkg/util/flowcontrol). */
export const danglingCondition = (level: string, exists: boolean, nowMs: number): Condition => ({
  type: "Dangling",
  status: exists ? "False" : "True",
  reason: exists ? "Found" : "NotFound",
  message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" ${exists ? "and it exists" : "but there is no such object"}`,
  lastTransitionTime: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
});

function validateRule(rule: Rule, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!rule.subjects?.length)
    errors.push(required(`${field}.subjects`, "subjects must contain at least one value"));
  for (const [at, { kind }] of (rule.subjects ?? []).entries())
    if (!subjects.includes(kind)) errors.push(notSupported(`${field}.subjects[${at}].kind`, kind, subjects));
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length)
    errors.push(required(field, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  return errors;
}
