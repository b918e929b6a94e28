import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ nodes: [] });
}, 300_000);
afterAll(() => t?.close());

/** As a student makes it: openssl, base64, a manifest. */
async function ask(
  name: string,
  subject: string,
  more: object = {},
  algorithm = ["rsa:2048"],
): Promise<string> {
  const key = join(t.folder, `${name}.key`);
  const out = join(t.folder, `${name}.csr`);
  await runCommand(
    [
      "openssl",
      "req",
      "-new",
      "-newkey",
      ...algorithm,
      "-nodes",
      "-keyout",
      key,
      "-out",
      out,
      "-subj",
      subject,
    ],
    { timeoutMs: 60_000 },
  );
  const spec = {
    request: (await readFile(out)).toString("base64"),
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["client auth"],
    ...more,
  };
  await t.ok(
    "apply -f -",
    JSON.stringify({
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name },
      spec,
    }),
  );
  return key;
}
const certificateOf = (name: string) =>
  t.informers.certificateSigningRequests.get(undefined, name)?.status?.certificate;

test("a user asks, the admin approves, the certificate opens the API as that user", async () => {
  const key = await ask("jane", "/O=developers/CN=jane", { expirationSeconds: 86_400 });
  expect(await t.ok("get csr jane --no-headers")).toMatch(/^jane .* Pending/);
  expect(certificateOf("jane")).toBeUndefined();
  await t.ok("certificate approve jane");
  const pem = Buffer.from(await t.until("it is issued", () => certificateOf("jane")), "base64").toString();
  expect(await t.ok("get csr jane --no-headers")).toMatch(/Approved,Issued/);
  const certificate = new X509Certificate(pem);
  expect(certificate.verify(new X509Certificate(t.ca.certificatePem).publicKey)).toBe(true);
  expect(certificate.subject).toBe("O=developers\nCN=jane");
  const path = join(t.folder, "jane.crt");
  await writeFile(path, pem);
  await t.ok(`config set-credentials jane --client-certificate=${path} --client-key=${key}`);
  await t.ok("config set-context jane --cluster=kubernetes --user=jane");
  expect(await t.ok("auth whoami --context=jane -o jsonpath={.status.userInfo.username}")).toBe("jane");
  expect(await t.refused("get pods --context=jane")).toContain('User "jane" cannot list resource "pods"');
});

test("a denied one gets none; one that its signer refuses fails and says why", async () => {
  const curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  await ask("mallory", "/CN=mallory", {}, curve);
  await t.ok("certificate deny mallory");
  await ask("server", "/CN=web", { usages: ["server auth"] }, curve);
  await t.ok("certificate approve server");
  await t.until("it has failed", () =>
    t.informers.certificateSigningRequests
      .get(undefined, "server")
      ?.status?.conditions?.some(({ type }) => type === "Failed"),
  );
  expect(await t.ok("get csr server -o jsonpath={.status.conditions[?(@.type=='Failed')].message}")).toBe(
    "invalid usage for client certificate: server auth",
  );
  expect(certificateOf("mallory")).toBeUndefined();
  expect(await t.ok("get csr mallory --no-headers")).toMatch(/Denied/);
});

test("a kubelet's serving certificate keeps the names that it asks for", async () => {
  await ask(
    "kubelet",
    "/O=system:nodes/CN=system:node:node01",
    {
      signerName: "kubernetes.io/kubelet-serving",
      usages: ["server auth", "digital signature"],
    },
    ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-addext", "subjectAltName=DNS:node01,IP:172.30.1.11"],
  );
  await t.ok("certificate approve kubelet");
  const pem = Buffer.from(await t.until("it is issued", () => certificateOf("kubelet")), "base64").toString();
  const certificate = new X509Certificate(pem);
  expect(certificate.checkHost("node01")).toBe("node01");
  expect(certificate.checkIP("172.30.1.11")).toBe("172.30.1.11");
});

test("a kubelet's client certificate is approved when its user may ask for it, and waits otherwise", async () => {
  const kubelet = {
    signerName: "kubernetes.io/kube-apiserver-client-kubelet",
    usages: ["client auth", "digital signature"],
  };
  const curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const subject = "/O=system:nodes/CN=system:node:node02";
  await ask("joining", subject, kubelet, curve);
  await t.until("it is issued", () => certificateOf("joining"));
  expect(await t.ok("get csr joining -o jsonpath={.status.conditions[*].message}")).toBe(
    "Auto approving kubelet client certificate after SubjectAccessReview.",
  );
  await ask("wrong", "/O=system:masters/CN=system:node:node02", kubelet, curve);
  expect(await t.ok("get csr wrong --no-headers")).toMatch(/Pending/);
});
