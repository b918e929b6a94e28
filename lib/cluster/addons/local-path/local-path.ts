import { z } from "zod";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";

const options = z
  .object({ release: z.string().default("v0.0.31"), isDefault: z.boolean().default(false) })
  .strict();

const namespace = "local-path-storage";
const name = "local-path-provisioner";
const account = `${name}-service-account`;
const rbac = "rbac.authorization.k8s.io";

/** rancher/local-path-provisioner with its StorageClass, as deploy/local-path-storage.yaml installs it; its pod makes the volumes. */
export const localPath: Addon<z.infer<typeof options>> = {
  name: "local-path",
  parse: (value) => options.parse(value),
  objects: (_, { release, isDefault }) => [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    ...rights(),
    deployment(release),
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: {
        name: "local-path",
        ...(isDefault ? { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } : {}),
      },
      provisioner: "rancher.io/local-path",
      volumeBindingMode: "WaitForFirstConsumer",
      reclaimPolicy: "Delete",
    },
    configMap(),
  ],
};

export const localPathPrograms: AgentPrograms = {
  async [name](session, { clock }) {
    const time = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    session.announce(`time="${time}" level=debug msg="Provisioner started"`);
    await session.ended();
  },
};

function rights(): KubeObject[] {
  const read = ["get", "list", "watch"];
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
  const bound = (
    kind: "Role" | "ClusterRole",
    metadata: { name: string; namespace?: string },
    rules: object[],
  ) => [
    { apiVersion: `${rbac}/v1`, kind, metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: `${kind}Binding`,
      metadata: { ...metadata, name: metadata.name.replace("-role", "-bind") },
      roleRef: { apiGroup: rbac, kind, name: metadata.name },
      subjects,
    },
  ];
  return [
    ...bound("Role", { name: `${name}-role`, namespace }, [
      { apiGroups: [""], resources: ["pods"], verbs: [...read, "create", "patch", "update", "delete"] },
    ]),
    ...bound("ClusterRole", { name: `${name}-role` }, [
      {
        apiGroups: [""],
        resources: ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
        verbs: read,
      },
      {
        apiGroups: [""],
        resources: ["persistentvolumes"],
        verbs: [...read, "create", "patch", "update", "delete"],
      },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: read },
    ]),
  ];
}

function deployment(release: string): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: account,
          containers: [
            {
              name,
              image: `rancher/local-path-provisioner:${release}`,
              imagePullPolicy: "IfNotPresent",
              command: [name, "--debug", "start", "--config", "/etc/config/config.json"],
              volumeMounts: [{ name: "config-volume", mountPath: "/etc/config/" }],
              env: [
                { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
                { name: "CONFIG_MOUNT_PATH", value: "/etc/config/" },
              ],
            },
          ],
          volumes: [{ name: "config-volume", configMap: { name: "local-path-config" } }],
        },
      },
    },
  };
}

function configMap(): KubeObject {
  const paths = [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: ["/opt/local-path-provisioner"] }];
  const script = (command: string) => `#!/bin/sh\nset -eu\n${command} "$VOL_DIR"\n`;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "local-path-config", namespace },
    data: {
      "config.json": JSON.stringify({ nodePathMap: paths }, null, 2),
      setup: script("mkdir -m 0777 -p"),
      teardown: script("rm -rf"),
      "helperPod.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: helper-pod
spec:
  priorityClassName: system-node-critical
  tolerations:
    - key: node.kubernetes.io/disk-pressure
      operator: Exists
      effect: NoSchedule
  containers:
  - name: helper-pod
    image: busybox
    imagePullPolicy: IfNotPresent
`,
    },
  };
}
