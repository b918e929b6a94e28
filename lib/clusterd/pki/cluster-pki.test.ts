import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import { expect, test } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { runCommand } from "@/lib/core/run-command";
import { createClusterPki } from "./cluster-pki";

const pki = createClusterPki({
  controlPlane: { name: "controlplane", ip: "172.20.3.10" },
  nodes: [
    { name: "controlplane", ip: "172.20.3.10" },
    { name: "node01", ip: "172.20.3.11" },
  ],
  kubernetesServiceIp: "10.96.0.1",
  domain: "cluster.local",
  nowMs: Date.now(),
});

test("every client certificate of the cluster is signed by its CA and names its user and groups", () => {
  const ca = new X509Certificate(pki.ca.certificatePem);
  expect(ca.ca).toBe(true);
  expect(ca.verify(ca.publicKey)).toBe(true);
  for (const [pair, subject] of [
    [pki.admin, "O=kubeadm:cluster-admins\nCN=kubernetes-admin"],
    [pki.superAdmin, "O=system:masters\nCN=kubernetes-super-admin"],
    [pki.kubelets.node01!.client, "O=system:nodes\nCN=system:node:node01"],
    [pki.scheduler, "CN=system:kube-scheduler"],
  ] as const) {
    const certificate = new X509Certificate(pair.certificatePem);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.subject).toBe(subject);
    expect(certificate.checkPrivateKey(createPrivateKey(pair.privateKeyPem))).toBe(true);
  }
});

test("the API server's certificate holds for its service names, the service address and the node's address", () => {
  const certificate = new X509Certificate(pki.apiserver.certificatePem);
  for (const host of ["controlplane", "kubernetes.default.svc.cluster.local"])
    expect(certificate.checkHost(host)).toBe(host);
  for (const ip of ["10.96.0.1", "172.20.3.10"]) expect(certificate.checkIP(ip)).toBe(ip);
  expect(certificate.checkIP("10.96.0.2")).toBeUndefined();
});

test("the service account key pair fits together", () => {
  const derived = createPublicKey(pki.serviceAccount.privateKeyPem);
  expect(derived.export({ type: "spki", format: "pem" })).toBe(pki.serviceAccount.publicKeyPem);
});

test("openssl verifies the chain as strictly as it can", async () => {
  const folder = mkdtempSync(join(tmpdir(), "examctl-pki-"));
  try {
    writeFileSync(join(folder, "ca.crt"), pki.ca.certificatePem);
    writeFileSync(join(folder, "apiserver.crt"), pki.apiserver.certificatePem);
    const result = await runCommand([
      "openssl",
      "verify",
      "-x509_strict",
      "-purpose",
      "sslserver",
      "-CAfile",
      join(folder, "ca.crt"),
      join(folder, "apiserver.crt"),
    ]);
    expect(result.stdout).toContain("apiserver.crt: OK");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
