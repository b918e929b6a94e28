import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Secret } from "@/lib/cluster/resources/types";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
beforeEach(async () => {
  t = await startTestCluster();
});
afterEach(() => t?.close());

const secrets = { group: "", version: "v1", plural: "secrets" };
const accounts = { group: "", version: "v1", plural: "serviceaccounts" };
const soon = { timeout: 20_000 };

async function makeSecret(name: string, account: string): Promise<void> {
  await t.admin.create<KubeObject>(secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "default", annotations: { "kubernetes.io/service-account.name": account } },
    type: "kubernetes.io/service-account-token",
  });
}
const read = (name: string) => t.admin.get<Secret>(secrets, "default", name);
const text = (base64: string | undefined) => Buffer.from(base64 ?? "", "base64").toString();
const gone = (name: string) =>
  read(name).then(
    () => false,
    () => true,
  );

test("a token secret gets a token, the CA and the namespace, and its token is its account's", async () => {
  await makeSecret("build", "default");
  await expect
    .poll(async () => Object.keys((await read("build")).data ?? {}).sort(), soon)
    .toEqual(["ca.crt", "namespace", "token"]);
  const secret = await read("build");
  const account = await t.admin.get(accounts, "default", "default");
  expect(secret.metadata.annotations).toEqual({
    "kubernetes.io/service-account.name": "default",
    "kubernetes.io/service-account.uid": account.metadata.uid,
  });
  expect(text(secret.data!["ca.crt"])).toBe(t.ca.certificatePem);
  expect(text(secret.data!.namespace)).toBe("default");
  const token = text(secret.data!.token);
  expect(JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString())).toEqual({
    iss: "kubernetes/serviceaccount",
    "kubernetes.io/serviceaccount/namespace": "default",
    "kubernetes.io/serviceaccount/secret.name": "build",
    "kubernetes.io/serviceaccount/service-account.name": "default",
    "kubernetes.io/serviceaccount/service-account.uid": account.metadata.uid,
    sub: "system:serviceaccount:default:default",
  });
  const whoami = () =>
    t.kubectl([
      "auth",
      "whoami",
      `--token=${token}`,
      "--kubeconfig=/dev/null",
      `--server=${t.url}`,
      "--insecure-skip-tls-verify",
    ]);
  expect((await whoami()).stdout).toContain("system:serviceaccount:default:default");
  await t.admin.delete(secrets, "default", "build");
  expect((await whoami()).stderr).toContain("must be logged in");
});

test("a token secret goes with its account, and does not stay without one", async () => {
  await makeSecret("nobody", "none");
  await expect.poll(() => gone("nobody"), soon).toBe(true);
  const robot = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "default" },
  };
  await t.admin.create<KubeObject>(accounts, { ...robot, secrets: [{ name: "one" }] } as KubeObject);
  await makeSecret("one", "robot");
  await makeSecret("two", "robot");
  await expect.poll(async () => (await read("two")).data?.token, soon).toBeTruthy();
  await t.admin.delete(secrets, "default", "one");
  await expect
    .poll(async () => (await t.admin.get(accounts, "default", "robot")).secrets, soon)
    .toBeUndefined();
  await t.admin.delete(accounts, "default", "robot");
  await expect.poll(() => gone("two"), soon).toBe(true);
});
