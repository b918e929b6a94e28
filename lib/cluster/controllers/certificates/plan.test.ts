import { expect, test } from "vitest";
import type { CertificateRequest } from "@/lib/core/x509/certificate-request";
import type { CertificateSigningRequest } from "@/lib/cluster/resources/types";
import {
  autoApprovals,
  awaitsSigning,
  expiresAtMs,
  isUndecidedKubelet,
  refusal,
  signers,
  validity,
} from "./plan";

const nowMs = Date.UTC(2026, 0, 1);
const hourMs = 3600_000;
const request = (more: Partial<CertificateRequest> = {}): CertificateRequest => ({
  commonName: "system:node:node01",
  organizations: ["system:nodes"],
  dnsNames: [],
  emails: [],
  uris: [],
  ipCount: 0,
  subjectDer: Buffer.alloc(0),
  publicKeyDer: Buffer.alloc(0),
  ...more,
});
const csr = (
  signerName: string,
  types: string[],
  more: Partial<CertificateSigningRequest["spec"]> = {},
): CertificateSigningRequest => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { name: "jane", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { request: "", signerName, ...more },
  status: {
    conditions: types.map((type) => ({ type, status: "True", lastUpdateTime: "2026-01-01T02:00:00Z" })),
  },
});

test("only what is approved, not denied, and of a signer of ours is signed", () => {
  expect(awaitsSigning(csr(signers.client, ["Approved"]))).toBe(true);
  expect(awaitsSigning(csr(signers.client, []))).toBe(false);
  expect(awaitsSigning(csr(signers.client, ["Approved", "Failed"]))).toBe(false);
  expect(awaitsSigning(csr("example.com/mine", ["Approved"]))).toBe(false);
});

const client = ["client auth", "digital signature", "key encipherment"];
const serving = ["server auth", "digital signature", "key encipherment"];
test.each<[string, CertificateRequest, string[], string | undefined]>([
  [signers.client, request({ commonName: "jane" }), ["client auth"], undefined],
  [signers.client, request(), serving, "invalid usage for client certificate: server auth"],
  [
    signers.client,
    request(),
    ["digital signature"],
    "missing required usage for client certificate: client auth",
  ],
  [signers.kubeletClient, request(), client, undefined],
  [signers.kubeletClient, request({ organizations: [] }), client, "subject organization is not system:nodes"],
  [
    signers.kubeletClient,
    request({ commonName: "x" }),
    client,
    "subject common name does not begin with system:node:",
  ],
  [signers.kubeletClient, request({ dnsNames: ["a"] }), client, "DNS subjectAltNames are not allowed"],
  [signers.kubeletServing, request({ dnsNames: ["node01"] }), serving, undefined],
  [signers.kubeletServing, request(), serving, "DNS or IP subjectAltName is required"],
  [
    signers.kubeletServing,
    request({ ipCount: 1 }),
    client,
    "usages did not match [digital signature key encipherment server auth]",
  ],
  [signers.legacy, request({ commonName: "anyone" }), ["cert sign"], undefined],
])("%s: %#", (signer, asked, usages, why) => {
  expect(refusal(signer, asked, usages)).toBe(why);
});

test("a certificate holds a year at most and ten minutes at least", () => {
  const lengthOf = (expirationSeconds?: number) =>
    Math.round((validity(csr(signers.client, [], { expirationSeconds }), nowMs).untilMs - nowMs) / 60_000);
  expect(lengthOf()).toBe(365 * 24 * 60 - 5);
  expect(lengthOf(3600)).toBe(60);
  expect(lengthOf(1)).toBe(10);
});

test("a request goes an hour after it was decided, undecided after a day", () => {
  expect(expiresAtMs(csr(signers.client, ["Denied"]))).toBe(nowMs + 3 * hourMs);
  expect(expiresAtMs(csr(signers.client, []))).toBe(nowMs + 24 * hourMs);
});

test("a kubelet's request may be let through by a right to its own certificate or to those of nodes", () => {
  const rights = (username: string, asked: CertificateRequest) =>
    autoApprovals(csr(signers.kubeletClient, [], { username, usages: client }), asked).map(
      ({ subresource }) => subresource,
    );
  expect(rights("system:node:node01", request())).toEqual(["selfnodeclient", "nodeclient"]);
  expect(rights("system:bootstrap:abcdef", request())).toEqual(["nodeclient"]);
  expect(rights("jane", request({ organizations: ["system:masters"] }))).toEqual([]);
  expect(isUndecidedKubelet(csr(signers.kubeletClient, []))).toBe(true);
  expect(isUndecidedKubelet(csr(signers.kubeletClient, ["Denied"]))).toBe(false);
  expect(isUndecidedKubelet(csr(signers.client, []))).toBe(false);
});
