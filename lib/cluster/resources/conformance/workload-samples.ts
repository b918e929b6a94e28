import type { BadCase, Sample } from "./sample";

const pod = { containers: [{ name: "web", image: "nginx" }] };
const labels = { app: "web" };
const template = { metadata: { labels }, spec: pod };
const workload = { selector: { matchLabels: labels }, template };

const noMatch: BadCase = {
  name: "a selector that misses the template",
  change: { "spec.template.metadata.labels": { app: "other" } },
  field: "spec.template.metadata.labels",
  message: 'Invalid value: {"app":"other"}: `selector` does not match template `labels`',
};
const fixedSelector: BadCase = {
  name: "another selector",
  change: { "spec.selector.matchLabels": { app: "x" }, "spec.template.metadata.labels": { app: "x" } },
  field: "spec.selector",
  message: /field is immutable/,
};

/** Pods and what makes them. */
export const workloadSamples: Sample[] = [
  {
    group: "",
    kind: "Pod",
    object: { spec: pod },
    defaults: {
      "spec.restartPolicy": "Always",
      "spec.dnsPolicy": "ClusterFirst",
      "spec.terminationGracePeriodSeconds": 30,
      "spec.schedulerName": "default-scheduler",
      "spec.securityContext": {},
      "spec.enableServiceLinks": true,
      "spec.containers.0.imagePullPolicy": "Always",
      "spec.containers.0.terminationMessagePath": "/dev/termination-log",
      "spec.containers.0.resources": {},
      "status.phase": "Pending",
      "status.qosClass": "BestEffort",
    },
    cells: { Ready: "0/1", Status: "Pending", Restarts: "0", IP: "<none>", "Readiness Gates": "<none>" },
    invalid: [
      {
        name: "no containers",
        change: { "spec.containers": [] },
        field: "spec.containers",
        message: "Required value",
      },
      {
        name: "two containers of one name",
        change: { "spec.containers.1": { name: "web", image: "nginx" } },
        field: "spec.containers[1].name",
        message: 'Duplicate value: "web"',
      },
      {
        name: "an unknown restart policy",
        change: { "spec.restartPolicy": "Maybe" },
        field: "spec.restartPolicy",
        message: 'Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
      },
      {
        name: "a mount without volume",
        change: { "spec.containers.0.volumeMounts": [{ name: "data", mountPath: "/data" }] },
        field: "spec.containers[0].volumeMounts[0].name",
        message: 'Not found: "data"',
      },
      {
        name: "a port out of range",
        change: { "spec.containers.0.ports": [{ containerPort: 70000 }] },
        field: "spec.containers[0].ports[0].containerPort",
        message: "Invalid value: 70000: must be between 1 and 65535, inclusive",
      },
      {
        name: "an operating system that there is not",
        change: { "spec.os": { name: "plan9" } },
        field: "spec.os",
        message: 'Unsupported value: "plan9": supported values: "linux", "windows"',
      },
      {
        name: "a Windows pod as a user of Linux",
        change: { "spec.os": { name: "windows" }, "spec.containers.0.securityContext": { runAsUser: 5 } },
        field: "spec.containers[0].securityContext.runAsUser",
        message: "Forbidden: cannot be set for a windows pod",
      },
      {
        name: "a request above its limit",
        change: { "spec.containers.0.resources": { requests: { cpu: "2" }, limits: { cpu: "1" } } },
        field: "spec.containers[0].resources.requests",
        message: 'Invalid value: "2": must be less than or equal to cpu limit of 1',
      },
      {
        name: "a variable from a field that there is not",
        change: {
          "spec.containers.0.env": [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.colour" } } }],
        },
        field: "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath",
        message:
          'Invalid value: "spec.colour": error converting fieldPath: field label not supported: spec.colour',
      },
      {
        name: "a variable from a field that variables may not show",
        change: {
          "spec.containers.0.env": [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.phase" } } }],
        },
        field: "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath",
        message:
          /^Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace"/,
      },
      {
        name: "variables from nothing",
        change: { "spec.containers.0.envFrom": [{ prefix: "A_" }] },
        field: "spec.containers[0].envFrom[0]",
        message: 'Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
      },
      {
        name: "privileges that may not grow",
        change: {
          "spec.containers.0.securityContext": { privileged: true, allowPrivilegeEscalation: false },
        },
        field: "spec.containers[0].securityContext",
        message: /cannot set `allowPrivilegeEscalation` to false and `privileged` to true$/,
      },
      {
        name: "a group of files below nobody",
        change: { "spec.securityContext": { fsGroup: -1 } },
        field: "spec.securityContext.fsGroup",
        message: "Invalid value: -1: must be between 0 and 2147483647, inclusive",
      },
      {
        name: "a label with a bad value",
        change: { "metadata.labels": { app: "-x-" } },
        field: "metadata.labels",
        message: /^Invalid value: "-x-": a valid label must be an empty string or consist of/,
      },
    ],
    updates: [
      { name: "another image", change: { "spec.containers.0.image": "nginx:1.27" }, allowed: true },
      {
        name: "another name of a container",
        change: { "spec.containers.0.name": "other" },
        field: "spec",
        message: /^Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`/,
      },
    ],
  },
  {
    group: "apps",
    kind: "Deployment",
    object: { spec: workload },
    defaults: {
      "spec.replicas": 1,
      "spec.strategy": { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      "spec.revisionHistoryLimit": 10,
      "spec.progressDeadlineSeconds": 600,
      "metadata.generation": 1,
    },
    cells: {
      Ready: "0/1",
      "Up-to-date": 0,
      Available: 0,
      Containers: "web",
      Images: "nginx",
      Selector: "app=web",
    },
    invalid: [
      noMatch,
      {
        name: "pods that end by themselves",
        change: { "spec.template.spec.restartPolicy": "Never" },
        field: "spec.template.spec.restartPolicy",
        message: 'Unsupported value: "Never": supported values: "Always"',
      },
      {
        name: "a negative number of replicas",
        change: { "spec.replicas": -1 },
        field: "spec.replicas",
        message: "Invalid value: -1: must be greater than or equal to 0",
      },
    ],
    updates: [fixedSelector, { name: "more replicas", change: { "spec.replicas": 5 }, allowed: true }],
  },
  {
    group: "apps",
    kind: "ReplicaSet",
    object: { spec: workload },
    defaults: { "spec.replicas": 1 },
    cells: { Desired: 1, Current: 0, Ready: 0 },
    invalid: [
      noMatch,
      {
        name: "pods that end by themselves",
        change: { "spec.template.spec.restartPolicy": "OnFailure" },
        field: "spec.template.spec.restartPolicy",
        message: 'Unsupported value: "OnFailure": supported values: "Always"',
      },
      {
        name: "negative seconds until available",
        change: { "spec.minReadySeconds": -1 },
        field: "spec.minReadySeconds",
        message: "Invalid value: -1: must be greater than or equal to 0",
      },
    ],
    updates: [fixedSelector, { name: "fewer replicas", change: { "spec.replicas": 0 }, allowed: true }],
  },
  {
    group: "apps",
    kind: "DaemonSet",
    object: { spec: workload },
    defaults: {
      "spec.updateStrategy": { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    },
    cells: { Desired: 0, "Node Selector": "<none>" },
    invalid: [
      noMatch,
      {
        name: "an update that never moves",
        change: { "spec.updateStrategy": { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } },
        field: "spec.updateStrategy.rollingUpdate.maxUnavailable",
        message: "Invalid value: 0: cannot be 0 when maxSurge is 0",
      },
      {
        name: "an unknown update strategy",
        change: { "spec.updateStrategy": { type: "Recreate" } },
        field: "spec.updateStrategy.type",
        message: 'Unsupported value: "Recreate": supported values: "RollingUpdate", "OnDelete"',
      },
    ],
    updates: [
      fixedSelector,
      {
        name: "another image",
        change: { "spec.template.spec.containers.0.image": "nginx:1.27" },
        allowed: true,
      },
    ],
  },
  {
    group: "apps",
    kind: "StatefulSet",
    object: { spec: { ...workload, serviceName: "web" } },
    defaults: {
      "spec.podManagementPolicy": "OrderedReady",
      "spec.persistentVolumeClaimRetentionPolicy": { whenDeleted: "Retain", whenScaled: "Retain" },
    },
    cells: { Ready: "0/1" },
    invalid: [noMatch],
    updates: [
      {
        name: "another service",
        change: { "spec.serviceName": "x" },
        field: "spec",
        message: /^Forbidden: updates to statefulset spec for fields other than/,
      },
    ],
  },
  {
    group: "apps",
    kind: "ControllerRevision",
    object: { revision: 1, data: {} },
    cells: { Controller: "<none>", Revision: 1 },
    invalid: [
      {
        name: "a negative revision",
        change: { revision: -1 },
        field: "revision",
        message: /greater than or equal to 0/,
      },
    ],
  },
  {
    group: "",
    kind: "PodTemplate",
    object: { template },
    cells: { Containers: "web", "Pod Labels": "app=web" },
    invalid: [
      {
        name: "no image",
        change: { "template.spec.containers.0.image": undefined },
        field: "template.spec.containers[0].image",
        message: "Required value",
      },
    ],
  },
  {
    group: "",
    kind: "ReplicationController",
    object: { spec: { template } },
    defaults: { "spec.selector": labels, "metadata.labels": labels },
    cells: { Desired: 1, Selector: "app=web" },
    invalid: [
      {
        name: "no template",
        change: { "spec.template": undefined },
        field: "spec.template",
        message: "Required value",
      },
    ],
  },
  {
    group: "batch",
    kind: "Job",
    object: { spec: { template: { spec: { ...pod, restartPolicy: "Never" } } } },
    defaults: {
      "spec.completions": 1,
      "spec.parallelism": 1,
      "spec.backoffLimit": 6,
      "spec.completionMode": "NonIndexed",
      "spec.selector.matchLabels": { "batch.kubernetes.io/controller-uid": "uid-1" },
    },
    cells: { Status: "Running", Completions: "0/1", Duration: "" },
    invalid: [
      {
        name: "pods that always restart",
        change: { "spec.template.spec.restartPolicy": "Always" },
        field: "spec.template.spec.restartPolicy",
        message: 'Required value: valid values: "OnFailure", "Never"',
      },
    ],
    updates: [
      {
        name: "another template",
        change: { "spec.template.spec.containers.0.image": "busybox" },
        field: "spec.template",
        message: /field is immutable/,
      },
    ],
  },
  {
    group: "batch",
    kind: "CronJob",
    object: {
      spec: {
        schedule: "*/5 * * * *",
        jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: "Never" } } } },
      },
    },
    defaults: {
      "spec.concurrencyPolicy": "Allow",
      "spec.suspend": false,
      "spec.successfulJobsHistoryLimit": 3,
      "spec.failedJobsHistoryLimit": 1,
    },
    cells: {
      Schedule: "*/5 * * * *",
      Timezone: "<none>",
      Suspend: false,
      Active: 0,
      "Last Schedule": "<none>",
    },
    invalid: [
      {
        name: "too few parts",
        change: { "spec.schedule": "* *" },
        field: "spec.schedule",
        message: 'Invalid value: "* *": expected exactly 5 fields, found 2: [* *]',
      },
      {
        name: "a minute that is none",
        change: { "spec.schedule": "61 * * * *" },
        field: "spec.schedule",
        message: /end of range \(61\) above maximum \(59\): 61/,
      },
    ],
  },
];
