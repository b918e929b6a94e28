import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "../testing";

const requests = { group: "certificates.k8s.io", version: "v1", plural: "certificatesigningrequests" };
const rbac = (plural: string) => ({ group: "rbac.authorization.k8s.io", version: "v1", plural });

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

async function request(name: string, subject: string): Promise<KubeObject> {
  const { stdout } = await runCommand(
    ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"].concat([
      ...["-keyout", "/dev/null", "-subj", subject],
    ]),
  );
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: {
      request: Buffer.from(stdout).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
    },
  };
}

test("nobody is made system:masters by a certificate request", async () => {
  await expect(t.admin.create(requests, await request("root", "/O=system:masters/CN=eve"))).rejects.toThrow(
    'certificatesigningrequests.certificates.k8s.io "root" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  );
  expect((await t.admin.create(requests, await request("jane", "/O=devs/CN=jane"))).status).toEqual({});
});

test("approving needs the right to the signer besides the right to the object", async () => {
  await t.admin.create(rbac("clusterroles"), {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "approver" },
    rules: [
      {
        apiGroups: ["certificates.k8s.io"],
        resources: ["certificatesigningrequests", "certificatesigningrequests/approval"],
        verbs: ["get", "update"],
      },
    ],
  } as KubeObject);
  const bind = (role: string) =>
    t.kubectl([
      "create",
      "clusterrolebinding",
      role.replaceAll(":", "-"),
      `--clusterrole=${role}`,
      "--user=amy",
    ]);
  await bind("approver");
  const approve = () => t.kubectl(["certificate", "approve", "jane", "--as=amy"]);
  expect((await approve()).stderr).toContain(
    'certificatesigningrequests.certificates.k8s.io "jane" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
  );
  await bind("system:certificates.k8s.io:kube-apiserver-client-approver");
  expect((await approve()).stdout).toBe("certificatesigningrequest.certificates.k8s.io/jane approved\n");
  const { stdout } = await t.kubectl(["get", "csr", "jane", "--no-headers"]);
  expect(stdout.replace(/ +/g, " ")).toMatch(
    /^jane \S+ kubernetes.io\/kube-apiserver-client kubernetes-admin <none> Approved\n$/,
  );
});
