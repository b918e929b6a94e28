import { describe, expect, test } from "vitest";
import { formatQuantity } from "@/lib/cluster/resources/quantity";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { collectionsOf, costOf, inScope, type ResourceQuota } from "./quota-usage";

const object = (kind: string, spec: object, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "x", namespace: "shop" },
  spec,
  ...more,
});
type Amounts = Record<string, string>;
const container = (requests: Amounts = {}, limits: Amounts = {}) => ({
  name: "c",
  image: "i",
  resources: { requests, limits },
});
const pod = (spec: object = {}, more: object = {}) =>
  object("Pod", { containers: [container()], ...spec }, more);
const quota = (spec: ResourceQuota["spec"]): ResourceQuota => ({
  ...object("ResourceQuota", {}),
  spec,
});

describe("what an object costs", () => {
  test.each<[string, string, KubeObject, Amounts | undefined]>([
    ["core/configmaps", "a ConfigMap", object("ConfigMap", {}), { "count/configmaps": "1", configmaps: "1" }],
    ["apps/deployments", "a Deployment", object("Deployment", {}), { "count/deployments.apps": "1" }],
    ["core/pods", "a pod that asks for nothing", pod(), { "count/pods": "1", pods: "1" }],
    [
      "core/pods",
      "the sum of a pod's containers, under both names",
      pod({
        containers: [
          container({ cpu: "100m", memory: "1Gi" }, { cpu: "1" }),
          container({ cpu: "400m" }, { cpu: "1" }),
        ],
      }),
      {
        "count/pods": "1",
        pods: "1",
        "requests.cpu": "500m",
        cpu: "500m",
        "requests.memory": "1Gi",
        memory: "1Gi",
        "limits.cpu": "2",
      },
    ],
    [
      "core/pods",
      "an init container that needs more than all others",
      pod({ containers: [container({ cpu: "1" })], initContainers: [container({ cpu: "3" })] }),
      { "count/pods": "1", pods: "1", "requests.cpu": "3", cpu: "3" },
    ],
    ["core/pods", "a pod that has ended", pod({}, { status: { phase: "Succeeded" } }), undefined],
    [
      "core/services",
      "a ClusterIP",
      object("Service", { ports: [{}] }),
      { "count/services": "1", services: "1" },
    ],
    [
      "core/services",
      "a NodePort, each of its ports",
      object("Service", { type: "NodePort", ports: [{}, {}] }),
      { "count/services": "1", services: "1", "services.nodeports": "2" },
    ],
    [
      "core/services",
      "a LoadBalancer",
      object("Service", { type: "LoadBalancer", ports: [{}] }),
      { "count/services": "1", services: "1", "services.nodeports": "1", "services.loadbalancers": "1" },
    ],
    [
      "core/persistentvolumeclaims",
      "a claim, by itself and of its class",
      object("PersistentVolumeClaim", {
        storageClassName: "fast",
        resources: { requests: { storage: "2Gi" } },
      }),
      {
        "count/persistentvolumeclaims": "1",
        persistentvolumeclaims: "1",
        "requests.storage": "2Gi",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "fast.storageclass.storage.k8s.io/requests.storage": "2Gi",
      },
    ],
  ])("%s: %s", (id, _name, of, cost) => {
    const found = costOf(id, of);
    expect(
      found && Object.fromEntries(Object.entries(found).map(([key, one]) => [key, formatQuantity(one)])),
    ).toEqual(cost);
  });
});

describe("which pods a quota is about", () => {
  const small = pod({ containers: [container({ cpu: "1" })] });
  const short = pod({ activeDeadlineSeconds: 60 });
  const vital = pod({ priorityClassName: "vital" });
  const classes = (operator: string, values?: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] },
  });
  test.each<[string, ResourceQuota["spec"], [KubeObject, boolean][]]>([
    [
      "all of them",
      {},
      [
        [pod(), true],
        [vital, true],
      ],
    ],
    [
      "BestEffort",
      { scopes: ["BestEffort"] },
      [
        [pod(), true],
        [small, false],
      ],
    ],
    [
      "NotBestEffort",
      { scopes: ["NotBestEffort"] },
      [
        [pod(), false],
        [small, true],
      ],
    ],
    [
      "Terminating",
      { scopes: ["Terminating"] },
      [
        [pod(), false],
        [short, true],
      ],
    ],
    [
      "NotTerminating",
      { scopes: ["NotTerminating"] },
      [
        [pod(), true],
        [short, false],
      ],
    ],
    [
      "both of two",
      { scopes: ["Terminating", "NotBestEffort"] },
      [
        [short, false],
        [small, false],
      ],
    ],
    [
      "of a class",
      classes("In", ["vital"]),
      [
        [vital, true],
        [pod(), false],
      ],
    ],
    [
      "of another class",
      classes("NotIn", ["vital"]),
      [
        [vital, false],
        [pod(), true],
      ],
    ],
    [
      "of any class",
      classes("Exists"),
      [
        [vital, true],
        [pod(), false],
      ],
    ],
    [
      "of none",
      classes("DoesNotExist"),
      [
        [vital, false],
        [pod(), true],
      ],
    ],
  ])("%s", (_name, spec, pods) => {
    for (const [one, is] of pods) expect(inScope(quota(spec), "core/pods", one)).toBe(is);
  });

  test("one with scopes is about nothing but pods", () => {
    expect(inScope(quota({ scopes: ["NotTerminating"] }), "core/services", object("Service", {}))).toBe(
      false,
    );
    expect(inScope(quota({}), "core/services", object("Service", {}))).toBe(true);
  });
});

test.each<[string, string[]]>([
  ["pods", ["core/pods"]],
  ["requests.cpu", ["core/pods"]],
  ["limits.memory", ["core/pods"]],
  ["services.nodeports", ["core/services"]],
  ["requests.storage", ["core/persistentvolumeclaims"]],
  ["fast.storageclass.storage.k8s.io/requests.storage", ["core/persistentvolumeclaims"]],
  ["secrets", ["core/secrets"]],
  ["count/deployments.apps", ["apps/deployments"]],
  ["count/shops.example.com", ["example.com/shops"]],
])("%s is counted over %s", (name, collections) => {
  expect(collectionsOf(quota({ hard: { [name]: "1" } }))).toEqual(collections);
});
