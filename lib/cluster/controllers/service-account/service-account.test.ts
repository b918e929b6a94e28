import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 60_000);
afterAll(() => t?.close());

const account = (namespace: string) => t.informers.serviceAccounts.get(namespace, "default");
const authority = (namespace: string) => t.informers.configMaps.get(namespace, "kube-root-ca.crt");
const both = (namespace: string) =>
  t.until("both are there", () => account(namespace) !== undefined && authority(namespace) !== undefined);

test("a namespace gets its account and the authority's certificate, which come back when they are deleted", async () => {
  await t.ok("create namespace shop");
  await both("shop");
  expect(authority("shop")?.data?.["ca.crt"]).toBe(t.ca.certificatePem);
  const before = [account("shop")!.metadata.uid, authority("shop")!.metadata.uid];
  await t.ok("delete serviceaccount default -n shop");
  await t.ok("delete configmap kube-root-ca.crt -n shop");
  await t.until("both are new", () => {
    const now = [account("shop")?.metadata.uid, authority("shop")?.metadata.uid];
    return now.every((uid, at) => uid !== undefined && uid !== before[at]);
  });
  // Pods can be made again, with the account and a certificate that mounts.
  await t.ok("run web --image=nginx -n shop");
  await t.ok("wait --for=condition=ready pod/web -n shop --timeout=90s");
  expect(await t.ok("get pod web -n shop -o jsonpath={.spec.serviceAccountName}")).toBe("default");
});

test("a certificate that somebody changed is put right", async () => {
  await t.ok(["patch", "configmap", "kube-root-ca.crt", "-p", '{"data":{"ca.crt":"forged"}}']);
  await t.until("it is as it was", () => authority("default")?.data?.["ca.crt"] === t.ca.certificatePem);
});

test("a namespace that goes gets nothing anew", async () => {
  await t.ok("create namespace brief");
  await both("brief");
  await t.ok(["patch", "namespace", "brief", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}']);
  await t.ok("delete namespace brief --wait=false");
  await t.until("both are gone", () => !account("brief") && !authority("brief"));
  await t.ok(["annotate", "namespace", "brief", "looked=again"]);
  await t.ok("create namespace after");
  await both("after");
  expect([account("brief"), authority("brief")]).toEqual([undefined, undefined]);
  await t.ok(["patch", "namespace", "brief", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
  await t.ok("wait --for=delete namespace/brief --timeout=90s");
});
