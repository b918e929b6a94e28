import type { BadCase, Sample } from "./sample";

const labels = { app: "web" };
const role = { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] };
const binding = {
  roleRef: { kind: "ClusterRole", name: "view" },
  subjects: [
    { kind: "User", name: "ada" },
    { kind: "ServiceAccount", name: "bot", namespace: "default" },
  ],
};
const noVerbs: BadCase = {
  name: "a rule without verbs",
  change: { "rules.0.verbs": [] },
  field: "rules[0].verbs",
  message: "Required value: verbs must contain at least one value",
};
const fixedRole: BadCase = {
  name: "another role",
  change: { "roleRef.name": "edit" },
  field: "roleRef",
  message: /cannot change roleRef/,
};
const rbac = "rbac.authorization.k8s.io";
const bindingCells = { Role: "ClusterRole/view", Users: "ada", Groups: "", ServiceAccounts: "default/bot" };
const webhook = {
  name: "check.example.com",
  clientConfig: { service: { name: "hook", namespace: "default" } },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
};
const badHook: BadCase = {
  name: "a short name",
  change: { "webhooks.0.name": "check" },
  field: "webhooks[0].name",
  message: /at least three segments separated by dots/,
};
const hookDefaults = {
  "webhooks.0.failurePolicy": "Fail",
  "webhooks.0.timeoutSeconds": 10,
  "webhooks.0.clientConfig.service.port": 443,
  "webhooks.0.rules.0.scope": "*",
};
const admission = "admissionregistration.k8s.io";

/** Who may do what, and what extends the API. */
export const policySamples: Sample[] = [
  { group: rbac, kind: "Role", object: role, invalid: [noVerbs] },
  { group: rbac, kind: "ClusterRole", object: role, invalid: [noVerbs] },
  {
    group: rbac,
    kind: "RoleBinding",
    object: binding,
    defaults: { "roleRef.apiGroup": rbac, "subjects.0.apiGroup": rbac },
    cells: bindingCells,
    invalid: [
      {
        name: "an unknown subject",
        change: { "subjects.0.kind": "Robot" },
        field: "subjects[0].kind",
        message: 'Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      },
    ],
    updates: [fixedRole],
  },
  {
    group: rbac,
    kind: "ClusterRoleBinding",
    object: binding,
    cells: bindingCells,
    invalid: [
      {
        name: "an account of nowhere",
        change: { "subjects.1.namespace": undefined },
        field: "subjects[1].namespace",
        message: "Required value",
      },
    ],
    updates: [fixedRole],
  },
  {
    group: "policy",
    kind: "PodDisruptionBudget",
    object: { spec: { minAvailable: 1, selector: { matchLabels: labels } } },
    cells: { "Min Available": "1", "Max Unavailable": "N/A", "Allowed Disruptions": 0 },
    invalid: [
      {
        name: "both bounds",
        change: { "spec.maxUnavailable": 1 },
        field: "spec",
        message: /minAvailable and maxUnavailable cannot be both set/,
      },
    ],
  },
  {
    group: "autoscaling",
    kind: "HorizontalPodAutoscaler",
    object: {
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, maxReplicas: 5 },
    },
    defaults: { "spec.minReplicas": 1, "spec.metrics.0.resource.target.averageUtilization": 80 },
    cells: {
      Reference: "Deployment/web",
      Targets: "cpu: <unknown>/80%",
      MinPods: "1",
      MaxPods: 5,
      Replicas: 0,
    },
    invalid: [
      {
        name: "less than nothing",
        change: { "spec.maxReplicas": 0 },
        field: "spec.maxReplicas",
        message: "Invalid value: 0: must be greater than 0",
      },
    ],
  },
  {
    group: admission,
    kind: "MutatingWebhookConfiguration",
    object: { webhooks: [webhook] },
    defaults: { ...hookDefaults, "webhooks.0.reinvocationPolicy": "Never" },
    cells: { Webhooks: 1 },
    invalid: [badHook],
  },
  {
    group: admission,
    kind: "ValidatingWebhookConfiguration",
    object: { webhooks: [webhook] },
    defaults: hookDefaults,
    cells: { Webhooks: 1 },
    invalid: [badHook],
  },
  {
    group: admission,
    kind: "ValidatingAdmissionPolicy",
    object: {
      spec: {
        matchConstraints: {
          resourceRules: [
            { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] },
          ],
        },
        validations: [{ expression: "true" }],
      },
    },
    defaults: { "spec.failurePolicy": "Fail", "spec.matchConstraints.matchPolicy": "Equivalent" },
    cells: { Validations: 1, ParamKind: "<unset>" },
    invalid: [
      {
        name: "nothing to match",
        change: { "spec.matchConstraints": undefined },
        field: "spec.matchConstraints",
        message: "Required value",
      },
    ],
  },
  {
    group: admission,
    kind: "ValidatingAdmissionPolicyBinding",
    object: { spec: { policyName: "p", validationActions: ["Deny"] } },
    cells: { PolicyName: "p", ParamRef: "<unset>" },
    invalid: [
      {
        name: "no action",
        change: { "spec.validationActions": [] },
        field: "spec.validationActions",
        message: /at least one validation action is required/,
      },
    ],
  },
  {
    group: "apiregistration.k8s.io",
    kind: "APIService",
    object: {
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name: "metrics-server", namespace: "kube-system" },
      },
    },
    defaults: { "spec.service.port": 443 },
    cells: { Service: "kube-system/metrics-server", Available: "Unknown" },
    invalid: [
      {
        name: "a name of its own",
        change: { "metadata.name": "x" },
        field: "metadata.name",
        message: /must be `spec.version\+"."\+spec.group`: "v1beta1.metrics.k8s.io"/,
      },
    ],
  },
  {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
    object: {
      metadata: { name: "widgets.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "widgets", kind: "Widget" },
        versions: [
          { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
    },
    defaults: {
      "spec.names.singular": "widget",
      "spec.names.listKind": "WidgetList",
      "spec.conversion": { strategy: "None" },
      "status.storedVersions": ["v1"],
    },
    invalid: [
      {
        name: "a name of its own",
        change: { "metadata.name": "w.example.com" },
        field: "metadata.name",
        message: /must be spec.names.plural\+"."\+spec.group/,
      },
      {
        name: "no storage version",
        change: { "spec.versions.0.storage": false },
        field: "spec.versions",
        message: /must have exactly one version marked as storage version/,
      },
    ],
  },
];
