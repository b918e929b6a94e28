import type { Sample } from "./sample";

/** Priority and fairness, and dynamic resource allocation. */
export const controlSamples: Sample[] = [
  {
    group: "flowcontrol.apiserver.k8s.io",
    kind: "FlowSchema",
    object: {
      spec: {
        priorityLevelConfiguration: { name: "workload-low" },
        distinguisherMethod: { type: "ByUser" },
        rules: [
          {
            subjects: [{ kind: "Group", group: { name: "system:authenticated" } }],
            nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }],
          },
        ],
      },
    },
    defaults: { "spec.matchingPrecedence": 1000 },
    cells: {
      PriorityLevel: "workload-low",
      MatchingPrecedence: 1000,
      DistinguisherMethod: "ByUser",
    },
    invalid: [
      {
        name: "the first place for anybody",
        change: { "spec.matchingPrecedence": 1 },
        field: "spec.matchingPrecedence",
        message: "Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      },
      {
        name: "a rule for nobody",
        change: { "spec.rules.0.subjects": [] },
        field: "spec.rules[0].subjects",
        message: "Required value: subjects must contain at least one value",
      },
      {
        name: "no priority level",
        change: { "spec.priorityLevelConfiguration": {} },
        field: "spec.priorityLevelConfiguration.name",
        message: "Required value: must reference a priority level",
      },
    ],
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    kind: "PriorityLevelConfiguration",
    object: { spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } } },
    defaults: {
      "spec.limited.nominalConcurrencyShares": 30,
      "spec.limited.lendablePercent": 0,
      "spec.limited.limitResponse.queuing": { queues: 64, handSize: 8, queueLengthLimit: 50 },
    },
    cells: { Type: "Limited", NominalConcurrencyShares: 30, Queues: 64, HandSize: 8, QueueLengthLimit: 50 },
    invalid: [
      {
        name: "limits that are missing",
        change: { "spec.limited": undefined },
        field: "spec.limited",
        message: "Required value: must not be empty when type is Limited",
      },
      {
        name: "another answer",
        change: { "spec.limited.limitResponse": { type: "Wait" } },
        field: "spec.limited.limitResponse.type",
        message: 'Unsupported value: "Wait": supported values: "Queue", "Reject"',
      },
    ],
  },
  {
    group: "resource.k8s.io",
    kind: "DeviceClass",
    object: { spec: { selectors: [{ cel: { expression: "device.driver == 'gpu.example.com'" } }] } },
  },
  {
    group: "resource.k8s.io",
    kind: "ResourceClaim",
    object: { spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu" } }] } } },
    defaults: {
      "spec.devices.requests.0.exactly": { deviceClassName: "gpu", allocationMode: "ExactCount", count: 1 },
    },
    cells: { State: "pending" },
    invalid: [
      {
        name: "a request for nothing",
        change: { "spec.devices.requests.0.exactly": undefined },
        field: "spec.devices.requests[0]",
        message: "Required value: exactly one of `exactly` or `firstAvailable` is required",
      },
      {
        name: "a request without a class",
        change: { "spec.devices.requests.0.exactly.deviceClassName": undefined },
        field: "spec.devices.requests[0].exactly.deviceClassName",
        message: "Required value",
      },
    ],
    updates: [
      {
        name: "another request",
        change: { "spec.devices.requests.0.name": "other" },
        field: "spec",
        message: /field is immutable/,
      },
    ],
  },
  {
    group: "resource.k8s.io",
    kind: "ResourceClaimTemplate",
    object: {
      spec: { spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu" } }] } } },
    },
    defaults: { "spec.spec.devices.requests.0.exactly.count": 1 },
    updates: [
      {
        name: "another request",
        change: { "spec.spec.devices.requests.0.name": "other" },
        field: "spec",
        message: /field is immutable/,
      },
    ],
  },
  {
    group: "resource.k8s.io",
    kind: "ResourceSlice",
    object: {
      spec: {
        nodeName: "node01",
        driver: "gpu.example.com",
        pool: { name: "node01", generation: 1, resourceSliceCount: 1 },
        devices: [{ name: "gpu-0" }],
      },
    },
    cells: { Node: "node01", Driver: "gpu.example.com", Pool: "node01" },
    invalid: [
      {
        name: "no driver",
        change: { "spec.driver": undefined },
        field: "spec.driver",
        message: "Required value",
      },
    ],
    updates: [
      {
        name: "another node",
        change: { "spec.nodeName": "node02" },
        field: "spec.nodeName",
        message: /field is immutable/,
      },
    ],
  },
];
