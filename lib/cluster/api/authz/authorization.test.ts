import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createCluster } from "../create-cluster";
import type { Cluster } from "../types";

let cluster: Cluster;
let admin: ClusterClient;
const ref = (plural: string, group = "", version = "v1") => ({ group, version, plural });
const group = "rbac.authorization.k8s.io";
const rbac = (plural: string) => ref(plural, "rbac.authorization.k8s.io");

beforeAll(async () => {
  cluster = await createCluster({
    journalPath: ":memory:",
    facts: {
      serviceCidr: "10.96.0.0/12",
      podCidr: "10.244.0.0/16",
      nodePortRange: { from: 30000, to: 32767 },
      domain: "cluster.local",
      version: "v1.34.5",
    },
    ca: { certificatePem: "", privateKeyPem: "" },
  });
  admin = cluster.client({ name: "admin", groups: ["system:masters"] });
});
afterAll(() => cluster.close());

const object = (
  apiVersion: string,
  kind: string,
  metadata: { name: string; namespace?: string },
  rest: object = {},
): KubeObject => ({
  apiVersion,
  kind,
  metadata,
  ...rest,
});
const as = (name: string, ...groups: string[]) =>
  cluster.client({ name, groups: [...groups, "system:authenticated"] });
const binding = (name: string, role: string, subject: object, namespace?: string) =>
  object(
    "rbac.authorization.k8s.io/v1",
    namespace ? "RoleBinding" : "ClusterRoleBinding",
    { name, ...(namespace ? { namespace } : {}) },
    {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [subject],
    },
  );
const user = (name: string) => ({ kind: "User", apiGroup: "rbac.authorization.k8s.io", name });

describe("RBAC", () => {
  test("a binding in a namespace allows there and nowhere else", async () => {
    await admin.create(rbac("rolebindings"), binding("view-a", "view", user("ann"), "default"));
    const ann = as("ann");
    expect((await ann.list(ref("pods"), { namespace: "default" })).items).toEqual([]);
    await expect(ann.list(ref("pods"))).rejects.toThrow(
      'pods is forbidden: User "ann" cannot list resource "pods" in API group "" at the cluster scope',
    );
    await expect(ann.list(ref("secrets"), { namespace: "default" })).rejects.toMatchObject({ code: 403 });
  });

  test("aggregated roles follow the roles that they select", async () => {
    await admin.create(rbac("clusterrolebindings"), binding("view-b", "view", user("bob")));
    const bob = as("bob");
    await expect(bob.list(ref("nodes"))).rejects.toMatchObject({ code: 403 });
    const label = "rbac.authorization.k8s.io/aggregate-to-view";
    await admin.create(rbac("clusterroles"), {
      ...object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        { name: "see-nodes" },
        {
          rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["list"] }],
        },
      ),
      metadata: { name: "see-nodes", labels: { [label]: "true" } },
    });
    const stop = new AbortController();
    for await (const event of admin.watch(rbac("clusterroles"), {
      fieldSelector: "metadata.name=view",
      signal: stop.signal,
    }))
      if (JSON.stringify(event.object).includes('"nodes"')) stop.abort();
    expect((await bob.list(ref("nodes"))).items).toEqual([]);
  });

  test("nobody grants what he does not hold", async () => {
    const rules = [{ apiGroups: [group], resources: ["roles", "rolebindings"], verbs: ["create"] }];
    await admin.create(
      rbac("clusterroles"),
      object(`${group}/v1`, "ClusterRole", { name: "granter" }, { rules }),
    );
    await admin.create(rbac("clusterrolebindings"), binding("granter", "granter", user("eve")));
    const role = (verbs: string[]) =>
      object(
        `${group}/v1`,
        "Role",
        { name: "r", namespace: "default" },
        {
          rules: [{ apiGroups: [""], resources: ["secrets"], verbs }],
        },
      );
    await expect(as("eve").create(rbac("roles"), role(["get"]))).rejects.toThrow(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "eve" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
    await expect(
      as("eve").create(rbac("rolebindings"), binding("b", "cluster-admin", user("eve"), "default")),
    ).rejects.toMatchObject({ code: 403 });
    await admin.create(rbac("rolebindings"), binding("eve-edit", "edit", user("eve"), "default"));
    await as("eve").create(rbac("roles"), role(["get"]));
  });

  test("who may patch and not create changes what is there by an apply, and makes nothing", async () => {
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "patch"] }];
    await admin.create(
      rbac("clusterroles"),
      object(`${group}/v1`, "ClusterRole", { name: "patcher" }, { rules }),
    );
    await admin.create(rbac("rolebindings"), binding("patcher", "patcher", user("pat"), "default"));
    const apply = (name: string) =>
      as("pat").patch(
        ref("configmaps"),
        "default",
        name,
        "application/apply-patch+yaml",
        object("v1", "ConfigMap", { name }, { data: { a: "b" } }),
      );
    await expect(apply("absent")).rejects.toThrow(
      'configmaps "absent" is forbidden: User "pat" cannot create resource "configmaps" in API group "" in the namespace "default"',
    );
    await admin.create(ref("configmaps"), object("v1", "ConfigMap", { name: "there", namespace: "default" }));
    expect(await apply("there")).toMatchObject({ data: { a: "b" } });
  });

  test("a group and a service account are subjects", async () => {
    await admin.create(
      rbac("clusterrolebindings"),
      binding("ops", "cluster-admin", { ...user("ops"), kind: "Group" }),
    );
    await admin.create(
      rbac("rolebindings"),
      binding("sa", "edit", { kind: "ServiceAccount", name: "bot", namespace: "default" }, "default"),
    );
    expect((await as("carl", "ops").list(ref("nodes"))).items).toEqual([]);
    const bot = as("system:serviceaccount:default:bot");
    await bot.create(ref("configmaps"), object("v1", "ConfigMap", { name: "x", namespace: "default" }));
  });
});

describe("a kubelet", () => {
  const kubelet = (node = "node01") => as(`system:node:${node}`, "system:nodes");

  beforeAll(async () => {
    await admin.create(
      ref("serviceaccounts"),
      object("v1", "ServiceAccount", { name: "default", namespace: "default" }),
    );
  });

  test("reads only the secrets of its own pods", async () => {
    for (const name of ["used", "other"])
      await admin.create(ref("secrets"), object("v1", "Secret", { name, namespace: "default" }));
    await admin.create(
      ref("pods"),
      object(
        "v1",
        "Pod",
        { name: "p", namespace: "default" },
        {
          spec: {
            nodeName: "node01",
            containers: [{ name: "c", image: "nginx" }],
            volumes: [{ name: "v", secret: { secretName: "used" } }],
          },
        },
      ),
    );
    expect((await kubelet().get(ref("secrets"), "default", "used")).kind).toBe("Secret");
    await expect(kubelet().get(ref("secrets"), "default", "other")).rejects.toThrow(
      'cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node \'node01\' and this object',
    );
  });

  test("changes its own node and no other", async () => {
    await kubelet().create(ref("nodes"), object("v1", "Node", { name: "node01" }));
    await expect(kubelet().create(ref("nodes"), object("v1", "Node", { name: "node02" }))).rejects.toThrow(
      'nodes "node02" is forbidden: node "node01" is not allowed to modify node "node02"',
    );
  });

  test("gives its node no label of Kubernetes' own and takes no taint away", async () => {
    const patch = (body: object) =>
      kubelet("node03").patch(ref("nodes"), undefined, "node03", "application/merge-patch+json", body);
    await kubelet("node03").create(ref("nodes"), object("v1", "Node", { name: "node03" }));
    await patch({ metadata: { labels: { disk: "ssd", "topology.kubernetes.io/zone": "a" } } });
    await expect(
      patch({ metadata: { labels: { "node-role.kubernetes.io/control-plane": "" } } }),
    ).rejects.toThrow(
      'nodes "node03" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/control-plane',
    );
    await expect(
      patch({ metadata: { labels: { "a.node-restriction.kubernetes.io/b": "c" } } }),
    ).rejects.toThrow("is not allowed to modify labels: a.node-restriction.kubernetes.io/b");
    await expect(patch({ spec: { taints: [{ key: "a", effect: "NoSchedule" }] } })).rejects.toThrow(
      'node "node03" is not allowed to modify taints',
    );
  });

  test("asks only for tokens of its own pods, bound to them", async () => {
    const bound = (name: string, nodeName: string) =>
      admin.create(
        ref("pods"),
        object(
          "v1",
          "Pod",
          { name, namespace: "default" },
          { spec: { nodeName, containers: [{ name: "c", image: "nginx" }] } },
        ),
      );
    const ask = (boundObjectRef?: object) =>
      kubelet().createSubresource(ref("serviceaccounts"), "default", "default", "token", {
        ...object("authentication.k8s.io/v1", "TokenRequest", { name: "" }),
        spec: { boundObjectRef },
      });
    const own = await bound("own", "node01");
    const other = await bound("other", "node02");
    const refTo = (pod: KubeObject) => ({
      apiVersion: "v1",
      kind: "Pod",
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    });
    expect((await ask(refTo(own))).status).toHaveProperty("token");
    await expect(ask()).rejects.toThrow("node requested token not bound to a pod");
    await expect(ask(refTo(other))).rejects.toThrow(
      "node requested token bound to a pod scheduled on a different node",
    );
  });
});
