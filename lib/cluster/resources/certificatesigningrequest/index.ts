import { ageColumn, nameColumn, text } from "../columns/columns";
import { humanDuration } from "../columns/duration";
import { none } from "../columns/format";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { CertificateSigningRequest } from "../types";
import { immutable, invalid, required } from "../validation/errors";

const pemHeader = "-----BEGIN CERTIFICATE REQUEST-----";

function condition({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map(({ type }) => type));
  const state = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  return `${state}${types.has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

function validate({ spec }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const request = Buffer.from(spec?.request ?? "", "base64").toString("latin1");
  if (!request.includes(pemHeader)) {
    errors.push(invalid("spec.request", spec?.request ?? "", "PEM block type must be CERTIFICATE REQUEST"));
  }
  if (!spec?.usages?.length) errors.push(required("spec.usages"));
  const signer = spec?.signerName ?? "";
  if (signer === "") errors.push(required("spec.signerName"));
  else if (!/^[a-z0-9.-]+\.[a-z0-9-]+\/.+/.test(signer)) {
    errors.push(
      invalid(
        "spec.signerName",
        signer,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    );
  }
  const seconds = spec?.expirationSeconds;
  if (seconds !== undefined && seconds < 600) {
    errors.push(
      invalid(
        "spec.expirationSeconds",
        seconds,
        "may not specify a duration less than 600 seconds (10 minutes)",
      ),
    );
  }
  return errors;
}

export const certificateSigningRequest = defineKind<CertificateSigningRequest>(
  "certificates.k8s.io",
  "CertificateSigningRequest",
  {
    columns: [
      nameColumn(),
      ageColumn(),
      text("SignerName", ({ spec }) => spec.signerName),
      text("Requestor", ({ spec }) => spec.username ?? ""),
      text("RequestedDuration", ({ spec }) =>
        spec.expirationSeconds === undefined ? none : humanDuration(spec.expirationSeconds * 1000),
      ),
      text("Condition", condition),
    ],
    selectableFields: { "spec.signerName": ({ spec }) => spec.signerName },
    defaults({ spec }) {
      if (spec) spec.usages ??= ["digital signature", "key encipherment"];
    },
    prepareForCreate(object, { user }) {
      // Who asks is a fact of the request, whatever its body says.
      if (object.spec) {
        object.spec.username = user.name;
        object.spec.groups = [...user.groups];
        if (user.uid) object.spec.uid = user.uid;
        else delete object.spec.uid;
        if (user.extra) object.spec.extra = user.extra;
        else delete object.spec.extra;
      }
      object.status = {};
    },
    validate,
    validateUpdate: (object, old) => immutable("spec", object.spec, old.spec),
  },
);
