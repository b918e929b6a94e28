import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 300_000);
afterAll(() => t?.close());

const apply = (...objects: object[]) =>
  t.ok("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
const configMap = (name: string, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
});
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "shops.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "shops", singular: "shop", kind: "Shop", listKind: "ShopList" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};
const shop = (name: string, metadata: object = {}) => ({
  apiVersion: "example.com/v1",
  kind: "Shop",
  metadata: { name, ...metadata },
});
const uidOf = (what: string) => t.ok(`get ${what} -o jsonpath={.metadata.uid}`);

test("a namespace with a finalizer left says what holds it, and goes when that is taken off", async () => {
  await t.ok("create namespace stuck");
  await apply(configMap("held", { namespace: "stuck", finalizers: ["example.com/hold"] }));
  await t.ok("create deployment web --image=nginx -n stuck");
  await t.ok("rollout status deployment web -n stuck --timeout=90s");
  await t.ok("delete namespace stuck --wait=false");
  await t.until(
    "all but the held one is gone",
    async () => (await t.ok("get all,configmaps -n stuck -o name")) === "configmap/held\n",
  );
  expect(await t.ok("get namespace stuck --no-headers")).toMatch(/^stuck +Terminating/);
  await t.until("it says so", async () => {
    const text = await t.ok("get namespace stuck -o jsonpath={.status.conditions[*].message}");
    return (
      text.includes("Some resources are remaining: configmaps. has 1 resource instances") &&
      text.includes("Some content in the namespace has finalizers remaining: example.com/hold in 1 resource")
    );
  });
  expect(await t.refused("create configmap late -n stuck")).toContain(
    "is forbidden: unable to create new content in namespace stuck because it is being terminated",
  );
  await t.ok([
    "patch",
    "configmap",
    "held",
    "-n",
    "stuck",
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":null}}',
  ]);
  await t.ok("wait --for=delete namespace/stuck --timeout=90s");
});

test("one kind that cannot be deleted: the namespace says why, the rest goes, and it ends once it may", async () => {
  await t.ok("create namespace guarded");
  const policy = "keep-locked";
  await apply(
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: policy },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["DELETE"] },
          ],
        },
        validations: [{ expression: "oldObject.metadata.name != 'locked'", message: "it is locked" }],
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: policy },
      spec: { policyName: policy, validationActions: ["Deny"] },
    },
    configMap("locked", { namespace: "guarded" }),
  );
  await t.until("the policy holds", async () =>
    (await t.kubectl(["delete", "configmap", "locked", "-n", "guarded", "--dry-run=server"])).stderr.includes(
      "it is locked",
    ),
  );
  await t.ok("create secret generic last -n guarded");
  await t.ok("delete namespace guarded --wait=false");
  await t.until("it says why", async () =>
    /True ContentDeletionFailed Failed to delete all resource types, 1 remaining: .*it is locked/.test(
      await t.ok([
        ...["get", "namespace", "guarded", "-o"],
        'jsonpath={range .status.conditions[?(@.type=="NamespaceDeletionContentFailure")]}{.status} {.reason} {.message}{end}',
      ]),
    ),
  );
  expect(await t.ok("get secrets,configmaps -n guarded -o name")).toBe("configmap/locked\n");
  await t.ok(`delete validatingadmissionpolicybinding ${policy}`);
  await t.ok("wait --for=delete namespace/guarded --timeout=90s");
});

test("custom resources go with their namespace, with their owner, and take along what they own", async () => {
  await apply(definition);
  await t.ok("wait --for=condition=established crd/shops.example.com");
  await t.ok("create namespace market");
  await apply(shop("first", { namespace: "market" }));
  await t.ok("delete namespace market --timeout=90s");
  await t.ok("create namespace market");
  expect(await t.ok("get shops -n market -o name")).toBe("");

  await apply(shop("owner"));
  const owner = { apiVersion: "example.com/v1", kind: "Shop", name: "owner", uid: await uidOf("shop owner") };
  await apply(configMap("stock", { ownerReferences: [owner] }), shop("branch", { ownerReferences: [owner] }));
  await t.ok("delete shop owner");
  await t.until(
    "both are gone",
    async () => !/stock|branch/.test(await t.ok("get configmaps,shops -o name")),
  );
});

test("foreground waits for those that block, orphan leaves all, an owner that never was takes its dependents", async () => {
  await apply(configMap("root"));
  const root = { apiVersion: "v1", kind: "ConfigMap", name: "root", uid: await uidOf("configmap root") };
  await apply(
    configMap("blocks", {
      ownerReferences: [{ ...root, blockOwnerDeletion: true }],
      finalizers: ["example.com/hold"],
    }),
  );
  await t.ok("delete configmap root --cascade=foreground --wait=false");
  await t.until(
    "the dependent is being deleted",
    async () => (await t.ok("get configmap blocks -o jsonpath={.metadata.deletionTimestamp}")) !== "",
  );
  expect(await t.ok("get configmap root -o jsonpath={.metadata.finalizers}")).toBe('["foregroundDeletion"]');
  await t.ok(["patch", "configmap", "blocks", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
  await t.ok("wait --for=delete configmap/root --timeout=90s");

  await apply(configMap("tree"));
  const tree = { apiVersion: "v1", kind: "ConfigMap", name: "tree", uid: await uidOf("configmap tree") };
  await apply(configMap("leaf", { ownerReferences: [tree] }));
  await t.ok("delete configmap tree --cascade=orphan");
  expect(await t.ok("get configmap leaf -o jsonpath={.metadata.ownerReferences}")).toBe("");

  await apply(
    configMap("lost", { ownerReferences: [{ ...tree, uid: "00000000-0000-0000-0000-000000000000" }] }),
  );
  await t.ok("wait --for=delete configmap/lost --timeout=90s");
});

test("an owner elsewhere is none: the object says so and goes; in no namespace it says so and stays", async () => {
  await t.ok("create namespace far");
  await apply(configMap("owner", { namespace: "far" }));
  const uid = await uidOf("configmap owner -n far");
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid };
  await apply(configMap("stray", { ownerReferences: [owner] }));
  await t.ok("wait --for=delete configmap/stray --timeout=90s");
  const said = (kind: string, name: string) =>
    t.until(`${name} says so`, async () => {
      const text = await t.ok(
        `get events --field-selector=reason=OwnerRefInvalidNamespace,involvedObject.kind=${kind} -o jsonpath={.items[*].message}`,
      );
      return text !== "" && text;
    });
  expect(await said("ConfigMap", "stray")).toBe(
    `ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${uid}] does not exist in namespace "default"`,
  );
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", rules: [] };
  await apply({ ...role, metadata: { name: "wide", ownerReferences: [owner] } });
  expect(await said("ClusterRole", "wide")).toBe(
    `ownerRef [v1/ConfigMap, namespace: , name: owner, uid: ${uid}] does not exist in namespace ""`,
  );
  await t.ok("delete configmap owner -n far");
  // One in a namespace may be owned by one in none.
  const cluster = {
    apiVersion: role.apiVersion,
    kind: role.kind,
    name: "wide",
    uid: await uidOf("clusterrole wide"),
  };
  await apply(configMap("below", { ownerReferences: [cluster] }));
  expect(await t.ok("get configmap below -o name")).toBe("configmap/below\n");
  expect(await t.ok("get clusterrole wide -o name")).toBe("clusterrole.rbac.authorization.k8s.io/wide\n");
  await t.ok("delete clusterrole wide");
  await t.ok("wait --for=delete configmap/below --timeout=90s");
});
