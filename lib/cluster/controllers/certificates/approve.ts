import { AppError } from "@/lib/core/app-error";
import { parseCertificateRequest, type CertificateRequest } from "@/lib/core/x509/certificate-request";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { CertificateSigningRequest } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "../controller";
import { rfc3339 } from "../rfc3339";
import { autoApprovals } from "./plan";

const reviews = { group: "authorization.k8s.io", version: "v1", plural: "subjectaccessreviews" };

/** Approves a kubelet's request for a client certificate when its user may make it. True: it did. */
export async function approveKubelet(
  { client, clock }: ControllerContext,
  object: CertificateSigningRequest,
): Promise<boolean> {
  const { spec } = object;
  const request = requestOf(spec.request);
  for (const { subresource, message } of request ? autoApprovals(object, request) : []) {
    const review = await client.create<KubeObject & { spec: object; status?: { allowed: boolean } }>(
      reviews,
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: { name: "" },
        spec: {
          user: spec.username,
          groups: spec.groups,
          resourceAttributes: {
            group: "certificates.k8s.io",
            resource: "certificatesigningrequests",
            verb: "create",
            subresource,
            version: "*",
          },
        },
      },
    );
    if (!review.status?.allowed) continue;
    const stamp = rfc3339(clock.now());
    const condition = {
      type: "Approved",
      status: "True" as const,
      reason: "AutoApproved",
      message,
      lastUpdateTime: stamp,
      lastTransitionTime: stamp,
    };
    await client.updateStatus<CertificateSigningRequest>(refs.certificateSigningRequests, {
      ...object,
      status: { ...object.status, conditions: [condition] },
    });
    return true;
  }
  return false;
}

/** Undefined for what is no request: the signer says so once somebody approves it. */
function requestOf(base64: string): CertificateRequest | undefined {
  try {
    return parseCertificateRequest(Buffer.from(base64, "base64").toString("latin1"));
  } catch (failure) {
    if (failure instanceof AppError) return undefined;
    throw failure;
  }
}
