import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Gateway, SecretReference } from "@/lib/cluster/addons/gateway-api/types";
import { gatewayGroup } from "@/lib/cluster/addons/gateway-api/types";
import type { Secret } from "@/lib/cluster/resources/types";
import { isFalse, type Finding } from "./conditions";
import { isGranted } from "./grants";
import type { Inputs } from "./graph";

/** The Secret "namespace/name" that a listener's reference leads to, or why it cannot be used. */
export function resolveCertificate(
  reference: SecretReference,
  gateway: Gateway,
  inputs: Inputs,
  path: string,
): string | Finding {
  const { group = "", kind = "Secret", name } = reference;
  const invalid = (message: string) => isFalse("ResolvedRefs", "InvalidCertificateRef", message);
  if (kind !== "Secret")
    return invalid(`${path}.kind: Unsupported value: "${kind}": supported values: "Secret"`);
  if (group !== "") return invalid(`${path}.group: Unsupported value: "${group}": supported values: ""`);
  const own = gateway.metadata.namespace!;
  const namespace = reference.namespace ?? own;
  const from = { group: gatewayGroup, kind: "Gateway", namespace: own };
  if (!isGranted(from, { group: "", kind, namespace, name }, inputs.grants))
    return isFalse(
      "ResolvedRefs",
      "RefNotPermitted",
      `Certificate ref to secret ${namespace}/${name} not permitted by any ReferenceGrant`,
    );
  const secret = inputs.secret(namespace, name);
  const shown = `${path}: Invalid value: "${namespace}/${name}": `;
  if (!secret) return invalid(`${shown}secret does not exist`);
  const problem = problemOf(secret);
  return problem ? invalid(shown + problem) : `${namespace}/${name}`;
}

/** Certificate and key as nginx reads them from one file. */
export function pemOf(secret: Secret): string {
  return `${decode(secret, "tls.crt")!.trimEnd()}\n${decode(secret, "tls.key")!.trimEnd()}\n`;
}

function problemOf(secret: Secret): string | undefined {
  if (secret.type !== "kubernetes.io/tls")
    return `secret type must be "kubernetes.io/tls" not "${secret.type ?? "Opaque"}"`;
  try {
    const certificate = new X509Certificate(decode(secret, "tls.crt") ?? "");
    const key = createPrivateKey(decode(secret, "tls.key") ?? "");
    return certificate.checkPrivateKey(key)
      ? undefined
      : "TLS secret is invalid: tls: private key does not match public key";
  } catch {
    return "TLS secret is invalid: tls: failed to find any PEM data in certificate input";
  }
}

function decode(secret: Secret, key: string): string | undefined {
  const value = secret.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}
