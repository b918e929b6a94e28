import { AppError } from "@/lib/core/app-error";
import {
  parseCertificateRequest,
  signCertificateRequest,
  type CertificateRequest,
} from "@/lib/core/x509/certificate-request";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { CertificateSigningRequest } from "@/lib/cluster/resources/types";
import { runLoop, type ControllerContext, type Running } from "../controller";
import { rfc3339 } from "../rfc3339";
import { approveKubelet } from "./approve";
import { awaitsSigning, expiresAtMs, isUndecidedKubelet, refusal, validity } from "./plan";

/** Signs approved requests with the cluster's CA, and removes old ones (kubernetes 1.34 pkg/controller/certificates). */
export function runCertificates(context: ControllerContext): Running {
  const { informers, client, clock, cluster } = context;
  const requests = informers.certificateSigningRequests;

  function signed(object: CertificateSigningRequest, caKeyPem: string): CertificateSigningRequest["status"] {
    const { spec, status } = object;
    const usages = spec.usages ?? [];
    const failed = (message: string) => ({
      ...status,
      conditions: [
        ...(status?.conditions ?? []),
        {
          type: "Failed",
          status: "True" as const,
          reason: "SignerValidationFailure",
          message,
          lastUpdateTime: rfc3339(clock.now()),
          lastTransitionTime: rfc3339(clock.now()),
        },
      ],
    });
    let request: CertificateRequest;
    try {
      request = parseCertificateRequest(Buffer.from(spec.request, "base64").toString("latin1"));
    } catch (failure) {
      if (failure instanceof AppError) return failed(failure.message);
      throw failure;
    }
    const why = refusal(spec.signerName, request, usages);
    if (why) return failed(why);
    const ca = { certificatePem: cluster.caPem, privateKeyPem: caKeyPem };
    const pem = signCertificateRequest(ca, request, { usages, ...validity(object, clock.now()) });
    return { ...status, certificate: Buffer.from(pem).toString("base64") };
  }

  return runLoop(context, {
    name: "certificates",
    initial: () => requests.list().map(({ metadata }) => metadata.name),
    watch: (add) => [requests.onChange((now) => now && add(now.metadata.name))],
    async reconcile(name, addAfter) {
      const object = requests.get(undefined, name);
      if (!object) return;
      if (isUndecidedKubelet(object) && (await approveKubelet(context, object))) return;
      if (awaitsSigning(object) && cluster.caKeyPem) {
        const status = signed(object, cluster.caKeyPem);
        const written = await client.updateStatus<CertificateSigningRequest>(
          refs.certificateSigningRequests,
          {
            ...object,
            status,
          },
        );
        await requests.reached(written);
        return;
      }
      const leftMs = expiresAtMs(object) - clock.now();
      if (leftMs > 0) return addAfter(leftMs);
      await client.delete(refs.certificateSigningRequests, undefined, name).catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
      });
    },
  });
}
