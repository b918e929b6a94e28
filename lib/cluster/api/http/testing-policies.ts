/** A good object of every kind that changes how the server treats others: what a fuzzer bends and really stores. */
const admission = "admissionregistration.k8s.io/v1";
const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }];
const metadata = { name: "fuzz" };

const webhook = {
  name: "a.fuzz.example",
  clientConfig: { service: { namespace: "default", name: "nobody", path: "/x", port: 443 }, caBundle: "" },
  rules,
  failurePolicy: "Ignore",
  matchPolicy: "Equivalent",
  sideEffects: "None",
  timeoutSeconds: 1,
  admissionReviewVersions: ["v1"],
  namespaceSelector: { matchExpressions: [{ key: "a", operator: "NotIn", values: ["b"] }] },
  objectSelector: { matchLabels: {} },
  matchConditions: [{ name: "c", expression: "request.operation != 'X'" }],
};

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: { x: { type: "integer", minimum: 1, default: 3, maximum: 9 } },
          "x-kubernetes-validations": [{ rule: "self.x > 0", message: "m" }],
        },
      },
    },
  },
  subresources: {
    status: {},
    scale: { specReplicasPath: ".spec.x", statusReplicasPath: ".status.x" },
  },
  selectableFields: [{ jsonPath: ".spec.x" }],
  additionalPrinterColumns: [{ name: "X", type: "integer", jsonPath: ".spec.x" }],
});

export const policyObjects: { path: string; object: object }[] = [
  {
    path: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    object: { apiVersion: admission, kind: "ValidatingWebhookConfiguration", metadata, webhooks: [webhook] },
  },
  {
    path: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    object: {
      apiVersion: admission,
      kind: "MutatingWebhookConfiguration",
      metadata,
      webhooks: [{ ...webhook, reinvocationPolicy: "IfNeeded" }],
    },
  },
  {
    path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    object: {
      apiVersion: admission,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "fuzz-policy" },
      spec: {
        failurePolicy: "Ignore",
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        matchConstraints: { resourceRules: rules, matchPolicy: "Equivalent" },
        matchConditions: [{ name: "c", expression: "true" }],
        variables: [{ name: "v", expression: "object.metadata.name" }],
        validations: [
          {
            expression: "variables.v != ''",
            message: "m",
            messageExpression: "variables.v",
            reason: "Invalid",
          },
        ],
        auditAnnotations: [{ key: "k", valueExpression: "variables.v" }],
      },
    },
  },
  {
    path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    object: {
      apiVersion: admission,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: {
        policyName: "fuzz-policy",
        validationActions: ["Warn"],
        paramRef: { name: "kube-root-ca.crt", namespace: "default", parameterNotFoundAction: "Allow" },
        matchResources: { resourceRules: rules },
      },
    },
  },
  {
    path: "/apis/apiregistration.k8s.io/v1/apiservices",
    object: {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.fuzz.example" },
      spec: {
        group: "fuzz.example",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { namespace: "default", name: "nobody", port: 443 },
        insecureSkipTLSVerify: true,
      },
    },
  },
  {
    path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    object: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "fuzzes.fuzz.dev" },
      spec: {
        group: "fuzz.dev",
        scope: "Namespaced",
        names: { plural: "fuzzes", singular: "fuzz", kind: "Fuzz", listKind: "FuzzList", shortNames: ["fz"] },
        versions: [version("v1", false), version("v2", true)],
        conversion: { strategy: "None" },
      },
    },
  },
  {
    path: "/api/v1/namespaces",
    object: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "fuzz", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "fuzz", labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"], resourceNames: ["a"] }],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:authenticated" }],
    },
  },
  {
    path: "/apis/scheduling.k8s.io/v1/priorityclasses",
    object: {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata,
      value: 5,
      globalDefault: true,
      preemptionPolicy: "Never",
    },
  },
  {
    path: "/api/v1/namespaces/default/limitranges",
    object: {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata,
      spec: { limits: [{ type: "Container", default: { cpu: "1" }, max: { cpu: "2" }, min: { cpu: "1m" } }] },
    },
  },
  {
    path: "/api/v1/namespaces/default/resourcequotas",
    object: {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata,
      spec: {
        hard: { "count/configmaps": "100000", pods: "100000" },
        scopeSelector: {
          matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["a"] }],
        },
      },
    },
  },
];
