import type { CertificateRequest } from "@/lib/core/x509/certificate-request";
import type { CertificateSigningRequest } from "@/lib/cluster/resources/types";
import { hasCondition } from "../conditions";

const yearMs = 365 * 24 * 3600_000;
const hourMs = 3600_000;
const backdateMs = 5 * 60_000;
/** A short certificate is not backdated beyond its own length's worth. */
const shortMs = 8 * hourMs;

export const signers = {
  client: "kubernetes.io/kube-apiserver-client",
  kubeletClient: "kubernetes.io/kube-apiserver-client-kubelet",
  kubeletServing: "kubernetes.io/kubelet-serving",
  legacy: "kubernetes.io/legacy-unknown",
};

/** Whether a signer of ours has to act on the request now. */
export function awaitsSigning({ spec, status }: CertificateSigningRequest): boolean {
  const { conditions, certificate } = status ?? {};
  return (
    Object.values(signers).includes(spec.signerName) &&
    !certificate &&
    hasCondition(conditions, "Approved") &&
    !hasCondition(conditions, "Denied") &&
    !hasCondition(conditions, "Failed")
  );
}

/** A request for a kubelet's client certificate that nobody has decided on. */
export function isUndecidedKubelet({ spec, status }: CertificateSigningRequest): boolean {
  return spec.signerName === signers.kubeletClient && !status?.certificate && !status?.conditions?.length;
}

/**
 * The rights that let a kubelet's request through without a person, the narrower first (pkg/controller/certificates/
 * approver): for its own certificate, for that of any node. Empty: it waits for somebody.
 */
export function autoApprovals(
  { spec }: CertificateSigningRequest,
  request: CertificateRequest,
): { subresource: string; message: string }[] {
  if (refusal(spec.signerName, request, spec.usages ?? []) !== undefined) return [];
  const approval = (subresource: string, what: string) => ({
    subresource,
    message: `Auto approving ${what} after SubjectAccessReview.`,
  });
  return [
    ...(spec.username === request.commonName
      ? [approval("selfnodeclient", "self kubelet client certificate")]
      : []),
    approval("nodeclient", "kubelet client certificate"),
  ];
}

/** Why a signer refuses an approved request; undefined: it signs (kubernetes 1.34 pkg/controller/certificates/signer). */
export function refusal(
  signerName: string,
  request: CertificateRequest,
  usages: string[],
): string | undefined {
  switch (signerName) {
    case signers.client:
      return clientRefusal(usages);
    case signers.kubeletClient:
      return kubeletRefusal(request) ?? kubeletClientNames(request) ?? kubeletUsages(usages, "client auth");
    case signers.kubeletServing:
      return kubeletRefusal(request) ?? kubeletServingNames(request) ?? kubeletUsages(usages, "server auth");
    default:
      return undefined;
  }
}

function clientRefusal(usages: string[]): string | undefined {
  const other = usages.find(
    (usage) => !["digital signature", "key encipherment", "client auth"].includes(usage),
  );
  if (other) return `invalid usage for client certificate: ${other}`;
  return usages.includes("client auth")
    ? undefined
    : "missing required usage for client certificate: client auth";
}

function kubeletRefusal({ organizations, commonName }: CertificateRequest): string | undefined {
  if (organizations.join() !== "system:nodes") return "subject organization is not system:nodes";
  return commonName.startsWith("system:node:")
    ? undefined
    : "subject common name does not begin with system:node:";
}

function kubeletClientNames({ dnsNames, emails, ipCount, uris }: CertificateRequest): string | undefined {
  if (dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (emails.length > 0) return "Email subjectAltNames are not allowed";
  if (ipCount > 0) return "IP subjectAltNames are not allowed";
  return uris.length > 0 ? "URI subjectAltNames are not allowed" : undefined;
}

function kubeletServingNames({ dnsNames, emails, ipCount, uris }: CertificateRequest): string | undefined {
  if (dnsNames.length + ipCount === 0) return "DNS or IP subjectAltName is required";
  if (emails.length > 0) return "Email subjectAltNames are not allowed";
  return uris.length > 0 ? "URI subjectAltNames are not allowed" : undefined;
}

function kubeletUsages(usages: string[], purpose: string): string | undefined {
  const given = [...usages].sort().join(", ");
  const required = [purpose, "digital signature"].sort();
  const withKey = [...required, "key encipherment"].sort();
  return given === required.join(", ") || given === withKey.join(", ")
    ? undefined
    : `usages did not match [${withKey.join(" ")}]`;
}

/** From when until when the certificate holds: a year at most, ten minutes at least. */
export function validity(
  { spec }: CertificateSigningRequest,
  nowMs: number,
): { fromMs: number; untilMs: number } {
  const asked = spec.expirationSeconds === undefined ? yearMs : spec.expirationSeconds * 1000;
  const lengthMs = Math.min(yearMs, Math.max(asked, 10 * 60_000));
  const isShort = lengthMs < shortMs;
  return { fromMs: nowMs - backdateMs, untilMs: nowMs + lengthMs - (isShort ? 0 : backdateMs) };
}

/** When a request is of no use any more and goes: an hour after it was decided, a day after it was made. */
export function expiresAtMs({ metadata, status }: CertificateSigningRequest): number {
  const decided = (status?.conditions ?? [])
    .filter(({ type }) => type === "Approved" || type === "Denied" || type === "Failed")
    .map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? "") + hourMs)
    .filter(Number.isFinite);
  return Math.min(...decided, (Date.parse(metadata.creationTimestamp ?? "") || 0) + 24 * hourMs);
}
