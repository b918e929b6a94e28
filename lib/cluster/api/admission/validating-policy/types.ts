import type { LabelSelectorObject } from "@/lib/cluster/client/label-selector";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { MatchRule, MatchSelectors } from "../match";

export interface MatchResources extends MatchSelectors {
  resourceRules?: MatchRule[];
  excludeResourceRules?: MatchRule[];
}

export interface Policy extends KubeObject {
  spec: {
    failurePolicy?: "Fail" | "Ignore";
    paramKind?: { apiVersion: string; kind: string };
    matchConstraints?: MatchResources;
    matchConditions?: { name: string; expression: string }[];
    variables?: { name: string; expression: string }[];
    validations?: { expression: string; message?: string; messageExpression?: string; reason?: string }[];
    auditAnnotations?: { key: string; valueExpression: string }[];
  };
}

export interface Binding extends KubeObject {
  spec: {
    policyName: string;
    validationActions?: string[];
    matchResources?: MatchResources;
    paramRef?: {
      name?: string;
      namespace?: string;
      selector?: LabelSelectorObject;
      parameterNotFoundAction?: string;
    };
  };
}
