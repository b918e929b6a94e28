import { forbidden } from "@/lib/cluster/client/status";
import type { CertificateSigningRequest } from "@/lib/cluster/resources/types";
import type { Authorizer } from "../authz/authorizer";
import { deepEqual } from "../json";
import { groupResource } from "../registry/registry";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin";

const id = "certificates.k8s.io/certificatesigningrequests";
const clientSigner = "kubernetes.io/kube-apiserver-client";

const requestOf = ({ object, old }: AdmissionAttributes) => ({
  now: object as unknown as CertificateSigningRequest,
  then: old as unknown as CertificateSigningRequest | undefined,
});

/** Whether the user holds the verb on the signer, or on all signers of its domain. */
function mayUse(
  authorizer: Authorizer,
  verb: string,
  signer: string,
  { context }: AdmissionAttributes,
): boolean {
  const domain = signer.slice(0, signer.indexOf("/"));
  return [signer, `${domain}/*`].some(
    (name) =>
      authorizer.authorize({
        user: context.user,
        verb,
        group: "certificates.k8s.io",
        version: "*",
        resource: "signers",
        subresource: "",
        namespace: "",
        name,
      }).allowed,
  );
}

/** CertificateApproval, CertificateSigning and CertificateSubjectRestriction (kubernetes 1.34 plugin/pkg/admission/certificates). */
export function certificatePlugins(authorizer: Authorizer): AdmissionPlugin[] {
  const guard = (
    name: string,
    verb: string,
    doing: string,
    applies: (attributes: AdmissionAttributes) => boolean,
  ) => ({
    name,
    validate(attributes: AdmissionAttributes) {
      const { resource, operation } = attributes;
      if (resource.collection.id !== id || operation !== "UPDATE" || !applies(attributes)) return;
      const { signerName } = requestOf(attributes).then!.spec;
      if (mayUse(authorizer, verb, signerName, attributes)) return;
      throw forbidden(
        groupResource(resource),
        attributes.name,
        `user not permitted to ${doing} requests with signerName "${signerName}"`,
      );
    },
  });
  return [
    guard("CertificateApproval", "approve", "approve", ({ subresource }) => subresource === "approval"),
    guard("CertificateSigning", "sign", "sign", (attributes) => {
      const { now, then } = requestOf(attributes);
      // Conditions other than Failed may be set by anybody who may write the status.
      const failed = (one: CertificateSigningRequest | undefined) =>
        one?.status?.conditions?.filter(({ type }) => type === "Failed") ?? [];
      return (
        attributes.subresource === "status" &&
        (now.status?.certificate !== then?.status?.certificate || !deepEqual(failed(now), failed(then)))
      );
    }),
    {
      name: "CertificateSubjectRestriction",
      validate(attributes) {
        const { resource, operation, subresource, name } = attributes;
        if (resource.collection.id !== id || operation !== "CREATE" || subresource) return;
        const { signerName, request } = requestOf(attributes).now.spec;
        if (signerName !== clientSigner || !isForOrganization(request, "system:masters")) return;
        throw forbidden(
          groupResource(resource),
          name,
          `use of ${clientSigner} signer with system:masters group is not allowed`,
        );
      },
    },
  ];
}

/** The attribute O (2.5.4.10) as DER begins it. */
const organizationOid = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x0a]);

/** Whether the subject of a PEM request in base64 names the organization. */
export function isForOrganization(request: string, organization: string): boolean {
  const pem = Buffer.from(request, "base64").toString("latin1");
  const body = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(pem)?.[1] ?? "";
  const der = Buffer.from(body, "base64");
  for (let at = der.indexOf(organizationOid); at >= 0; at = der.indexOf(organizationOid, at + 1)) {
    // Then follow a string's tag, its length and its text.
    const start = at + organizationOid.length + 2;
    const length = der[start - 1] ?? 0;
    if (der.toString("utf8", start, start + length) === organization) return true;
  }
  return false;
}
