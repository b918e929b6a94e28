import type { Sample } from "./sample";

/** Nodes, namespaces, configuration and storage. */
export const clusterSamples: Sample[] = [
  {
    group: "",
    kind: "Node",
    object: { spec: { podCIDR: "10.244.0.0/24" } },
    defaults: { "spec.podCIDRs": ["10.244.0.0/24"] },
    cells: { Status: "Unknown", Roles: "<none>", "Internal-IP": "<none>", "OS-Image": "<unknown>" },
    invalid: [
      {
        name: "a taint without effect",
        change: { "spec.taints": [{ key: "a" }] },
        field: "spec.taints[0].effect",
        message: "Required value",
      },
    ],
    updates: [
      {
        name: "another pod range",
        change: { "spec.podCIDR": "10.1.0.0/24", "spec.podCIDRs": ["10.1.0.0/24"] },
        field: "spec.podCIDRs",
        message: /Forbidden: node updates may not change podCIDR/,
      },
    ],
  },
  {
    group: "",
    kind: "Namespace",
    object: {},
    defaults: {
      "metadata.labels": { "kubernetes.io/metadata.name": "sample" },
      "spec.finalizers": ["kubernetes"],
      "status.phase": "Active",
    },
    cells: { Status: "Active" },
    invalid: [
      {
        name: "a name with a dot",
        change: { "metadata.name": "a.b" },
        field: "metadata.name",
        message: /^Invalid value: "a.b": a lowercase RFC 1123 label must consist of/,
      },
    ],
    updates: [{ name: "a label", change: { "metadata.labels.team": "a" }, allowed: true }],
  },
  {
    group: "",
    kind: "ConfigMap",
    object: { data: { a: "1", b: "2" } },
    cells: { Data: "2" },
    invalid: [
      {
        name: "a key with a space",
        change: { data: { "a b": "1" } },
        field: "data[a b]",
        message: /a valid config key must consist of/,
      },
    ],
    updates: [{ name: "anything, once immutable", change: { data: { a: "3" } }, allowed: true }],
  },
  {
    group: "",
    kind: "Secret",
    object: { stringData: { a: "hello" } },
    defaults: { type: "Opaque", data: { a: "aGVsbG8=" } },
    cells: { Type: "Opaque", Data: "1" },
    invalid: [
      {
        name: "TLS without a key",
        change: { type: "kubernetes.io/tls" },
        field: "data[tls.crt]",
        message: "Required value",
      },
    ],
    updates: [
      {
        name: "another type",
        change: { type: "x/y" },
        field: "type",
        message: 'Invalid value: "x/y": field is immutable',
      },
    ],
  },
  { group: "", kind: "ServiceAccount", object: {}, cells: { Secrets: "0" } },
  {
    group: "",
    kind: "Event",
    object: {
      involvedObject: { kind: "Pod", namespace: "default", name: "web" },
      reason: "Started",
      message: "Started container",
      type: "Normal",
    },
    cells: { Object: "pod/web", Count: "1", "Last Seen": "<unknown>" },
    invalid: [
      {
        name: "an object of another namespace",
        change: { "involvedObject.namespace": "other" },
        field: "involvedObject.namespace",
        message: 'Invalid value: "other": does not match event.namespace',
      },
    ],
  },
  {
    group: "",
    kind: "LimitRange",
    object: { spec: { limits: [{ type: "Container", max: { cpu: "1000m" }, min: { cpu: "100m" } }] } },
    defaults: { "spec.limits.0.default": { cpu: "1" }, "spec.limits.0.defaultRequest": { cpu: "1" } },
    invalid: [
      {
        name: "a minimum above the maximum",
        change: { "spec.limits.0.min": { cpu: "2" }, "spec.limits.0.defaultRequest": { cpu: "2" } },
        field: "spec.limits[0].min[cpu]",
        message: 'Invalid value: "2": min value 2 is greater than max value 1',
      },
    ],
  },
  {
    group: "",
    kind: "ResourceQuota",
    object: { spec: { hard: { pods: "10", "limits.cpu": "4000m" } } },
    defaults: { "spec.hard": { pods: "10", "limits.cpu": "4" } },
    cells: { Request: "", Limit: "" },
    invalid: [
      {
        name: "half a pod",
        change: { "spec.hard": { pods: "500m" } },
        field: "spec.hard[pods]",
        message: 'Invalid value: "500m": must be an integer',
      },
    ],
  },
  {
    group: "",
    kind: "PersistentVolume",
    object: {
      spec: { capacity: { storage: "1024Mi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } },
    },
    defaults: {
      "spec.persistentVolumeReclaimPolicy": "Retain",
      "spec.volumeMode": "Filesystem",
      "spec.hostPath.type": "",
      "spec.capacity.storage": "1Gi",
      "status.phase": "Pending",
    },
    cells: {
      Capacity: "1Gi",
      "Access Modes": "RWO",
      "Reclaim Policy": "Retain",
      Status: "Pending",
      Claim: "",
    },
    invalid: [
      {
        name: "no volume",
        change: { "spec.hostPath": undefined },
        field: "spec",
        message: "Required value: must specify a volume type",
      },
    ],
    updates: [
      {
        name: "another volume",
        change: { "spec.hostPath.path": "/x" },
        field: "spec.persistentvolumesource",
        message: /immutable after creation/,
      },
    ],
  },
  {
    group: "",
    kind: "PersistentVolumeClaim",
    object: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
    defaults: { "spec.volumeMode": "Filesystem", "status.phase": "Pending" },
    cells: { Status: "Pending", Volume: "", Capacity: "", VolumeAttributesClass: "<unset>" },
    invalid: [
      {
        name: "no access mode",
        change: { "spec.accessModes": [] },
        field: "spec.accessModes",
        message: "Required value: at least 1 access mode is required",
      },
    ],
    updates: [
      {
        name: "another access mode",
        change: { "spec.accessModes": ["ReadWriteMany"] },
        field: "spec",
        message: /Forbidden: spec is immutable after creation/,
      },
      { name: "being bound", change: { "spec.volumeName": "pv-1" }, allowed: true },
    ],
  },
  {
    group: "storage.k8s.io",
    kind: "StorageClass",
    object: { provisioner: "example.com/disk" },
    defaults: { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" },
    cells: { Name: "sample", AllowVolumeExpansion: false },
    invalid: [
      {
        name: "no provisioner",
        change: { provisioner: "" },
        field: "provisioner",
        message: "Required value",
      },
    ],
    updates: [
      {
        name: "another provisioner",
        change: { provisioner: "x" },
        field: "provisioner",
        message: "Forbidden: updates to provisioner are forbidden.",
      },
    ],
  },
  {
    group: "storage.k8s.io",
    kind: "CSIDriver",
    object: { spec: {} },
    defaults: { "spec.attachRequired": true, "spec.volumeLifecycleModes": ["Persistent"] },
    cells: { AttachRequired: true, TokenRequests: "<unset>", Modes: "Persistent" },
    invalid: [
      {
        name: "an unknown policy for groups",
        change: { "spec.fsGroupPolicy": "Sometimes" },
        field: "spec.fsGroupPolicy",
        message:
          'Unsupported value: "Sometimes": supported values: "File", "None", "ReadWriteOnceWithFSType"',
      },
    ],
  },
  { group: "storage.k8s.io", kind: "CSINode", object: { spec: { drivers: [] } }, cells: { Drivers: 0 } },
  {
    group: "storage.k8s.io",
    kind: "CSIStorageCapacity",
    object: { storageClassName: "fast" },
    cells: { StorageClassName: "fast", Capacity: "<unset>" },
    invalid: [
      {
        name: "no class",
        change: { storageClassName: undefined },
        field: "storageClassName",
        message: "Required value",
      },
    ],
    updates: [
      {
        name: "another class",
        change: { storageClassName: "slow" },
        field: "storageClassName",
        message: 'Invalid value: "slow": field is immutable',
      },
      { name: "a capacity", change: { capacity: "1Gi" }, allowed: true },
    ],
  },
  {
    group: "storage.k8s.io",
    kind: "VolumeAttachment",
    object: {
      spec: { attacher: "a.example.com", nodeName: "node01", source: { persistentVolumeName: "pv" } },
    },
    cells: { PV: "pv", Attached: false },
    invalid: [
      {
        name: "no attacher",
        change: { "spec.attacher": "" },
        field: "spec.attacher",
        message: "Required value",
      },
      {
        name: "nothing to attach",
        change: { "spec.source": {} },
        field: "spec.source.persistentVolumeName",
        message: /^Required value: must specify/,
      },
    ],
    updates: [
      {
        name: "another node",
        change: { "spec.nodeName": "node02" },
        field: "spec",
        message: /field is immutable$/,
      },
    ],
  },
  {
    group: "storage.k8s.io",
    kind: "VolumeAttributesClass",
    object: { driverName: "a.example.com", parameters: { iops: "500" } },
    cells: { DriverName: "a.example.com" },
    invalid: [
      {
        name: "no parameters",
        change: { parameters: {} },
        field: "parameters",
        message: "Required value: must contain at least one key/value pair",
      },
    ],
    updates: [
      {
        name: "other parameters",
        change: { "parameters.iops": "600" },
        field: "parameters",
        message: "Forbidden: updates to parameters are forbidden.",
      },
      {
        name: "another driver",
        change: { driverName: "b.example.com" },
        field: "driverName",
        message: "Forbidden: updates to driverName are forbidden.",
      },
    ],
  },
  {
    group: "scheduling.k8s.io",
    kind: "PriorityClass",
    object: { value: 1000 },
    defaults: { preemptionPolicy: "PreemptLowerPriority" },
    cells: { Value: 1000, "Global-Default": false },
    invalid: [
      {
        name: "a value for the system",
        change: { value: 2000000000 },
        field: "value",
        message: "Forbidden: maximum allowed value of a user defined priority is 1000000000",
      },
    ],
    updates: [
      {
        name: "another value",
        change: { value: 1 },
        field: "value",
        message: "Forbidden: may not be changed in an update.",
      },
    ],
  },
  {
    group: "coordination.k8s.io",
    kind: "Lease",
    object: { spec: { holderIdentity: "me" } },
    cells: { Holder: "me" },
    invalid: [
      {
        name: "no time at all",
        change: { "spec.leaseDurationSeconds": 0 },
        field: "spec.leaseDurationSeconds",
        message: "Invalid value: 0: must be greater than 0",
      },
    ],
  },
  {
    group: "node.k8s.io",
    kind: "RuntimeClass",
    object: { handler: "runc" },
    cells: { Handler: "runc" },
    invalid: [{ name: "no handler", change: { handler: "" }, field: "handler", message: "Required value" }],
    updates: [
      { name: "another handler", change: { handler: "kata" }, field: "handler", message: /immutable/ },
    ],
  },
  {
    group: "certificates.k8s.io",
    kind: "CertificateSigningRequest",
    object: {
      spec: {
        request: Buffer.from(
          "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
        ).toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client",
        usages: ["client auth"],
      },
    },
    defaults: { "spec.username": "tester" },
    cells: { Requestor: "tester", RequestedDuration: "<none>", Condition: "Pending" },
    invalid: [
      {
        name: "no request",
        change: { "spec.request": "eA==" },
        field: "spec.request",
        message: /PEM block type must be CERTIFICATE REQUEST/,
      },
    ],
    updates: [
      {
        name: "another signer",
        change: { "spec.signerName": "example.com/x" },
        field: "spec",
        message: /immutable/,
      },
    ],
  },
];
