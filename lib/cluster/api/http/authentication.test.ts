import { createHash, X509Certificate } from "node:crypto";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestAuthority, issueTestCertificate } from "../testing-pki";
import { startTestCluster, type TestCluster } from "../testing";
import type { KeyPair } from "../types";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

interface Answer {
  status: number;
  body: { message?: string; items?: { metadata: { name: string } }[]; status?: { userInfo?: object } };
}

function call(
  path: string,
  user?: KeyPair,
  headers: Record<string, string> = {},
  body?: object,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      t.url + path,
      {
        method: body ? "POST" : "GET",
        ca: t.ca.certificatePem,
        cert: user?.certificatePem,
        key: user?.privateKeyPem,
        agent: false,
        headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode!,
            body: JSON.parse(Buffer.concat(chunks).toString()) as Answer["body"],
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

const whoami = (user?: KeyPair, headers?: Record<string, string>) =>
  call("/apis/authentication.k8s.io/v1/selfsubjectreviews", user, headers, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "SelfSubjectReview",
  });

describe("who asks", () => {
  test("a certificate of the cluster's CA names user and groups", async () => {
    const jane = await issueTestCertificate(t.ca, "/O=dev/O=ops/CN=jane", "clientAuth");
    expect((await whoami(jane)).body.status?.userInfo).toEqual({
      username: "jane",
      groups: ["dev", "ops", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": [
          `X509SHA256=${createHash("sha256").update(new X509Certificate(jane.certificatePem).raw).digest("hex")}`,
        ],
      },
    });
  });

  test("a certificate of somebody else's CA is refused", async () => {
    const other = await createTestAuthority();
    const mallory = await issueTestCertificate(other, "/O=system:masters/CN=mallory", "clientAuth");
    expect(await whoami(mallory)).toMatchObject({ status: 401, body: { message: "Unauthorized" } });
  });

  test("a server's certificate is none of a client", async () => {
    const server = await issueTestCertificate(t.ca, "/O=system:masters/CN=kube-apiserver", "serverAuth");
    expect((await whoami(server)).status).toBe(401);
  });

  test("nobody sees what is public and nothing else", async () => {
    expect((await call("/version")).status).toBe(200);
    expect(await call("/api/v1/namespaces")).toMatchObject({
      status: 403,
      body: {
        message:
          'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
      },
    });
    expect(await call("/api")).toMatchObject({
      status: 403,
      body: { message: 'forbidden: User "system:anonymous" cannot get path "/api"' },
    });
  });

  test("a token that is not ours is refused, also one that says it is", async () => {
    const header = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const token of [
      "nonsense",
      `${header}.${Buffer.from('{"sub":"system:admin"}').toString("base64url")}.`,
    ])
      expect((await call("/version", undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  test("a token ends with its service account", async () => {
    const accounts = { group: "", version: "v1", plural: "serviceaccounts" };
    await t.admin.create(accounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "bot", namespace: "default" },
    });
    const { status } = (await t.admin.createSubresource<never>(accounts, "default", "bot", "token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: "" },
    } as never)) as unknown as { status: { token: string } };
    const headers = { authorization: `Bearer ${status.token}` };
    expect((await whoami(undefined, headers)).body.status?.userInfo).toMatchObject({
      username: "system:serviceaccount:default:bot",
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    });
    await t.admin.delete(accounts, "default", "bot");
    expect((await whoami(undefined, headers)).status).toBe(401);
  });

  test("nobody becomes somebody else without the right to", async () => {
    const jane = await issueTestCertificate(t.ca, "/CN=jane", "clientAuth");
    expect(await whoami(jane, { "impersonate-user": "system:admin" })).toMatchObject({
      status: 403,
      body: {
        message:
          'users "system:admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
      },
    });
    expect((await whoami(jane, { "impersonate-group": "system:masters" })).status).toBe(400);
  });

  test("a watch or list of one name needs only the right to that name", async () => {
    const rbac = (plural: string) => ({ group: "rbac.authorization.k8s.io", version: "v1", plural });
    const metadata = { name: "one-map", namespace: "default" };
    await t.admin.create(rbac("roles"), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["mine"], verbs: ["list"] }],
    } as never);
    await t.admin.create(rbac("rolebindings"), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "one-map" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" }],
    } as never);
    const jane = await issueTestCertificate(t.ca, "/CN=jane", "clientAuth");
    const maps = "/api/v1/namespaces/default/configmaps";
    expect((await call(`${maps}?fieldSelector=metadata.name%3Dmine`, jane)).status).toBe(200);
    expect((await call(`${maps}?fieldSelector=metadata.name%3Dother`, jane)).status).toBe(403);
    expect((await call(maps, jane)).status).toBe(403);
  });
});
