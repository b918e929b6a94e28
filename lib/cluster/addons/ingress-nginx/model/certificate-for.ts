import { X509Certificate } from "node:crypto";
import type { Ingress, Secret } from "@/lib/cluster/resources/types";
import type { Lookup } from "./lookup";

/**
 * Which certificate a host of an Ingress gets: "namespace/secret", "default" where the Secret is absent or not for this
 * host, undefined where the Ingress has no TLS section for it (ingress-nginx, extractTLSSecretName).
 */
export function certificateFor(host: string, ingress: Ingress, lookup: Lookup): string | undefined {
  const sections = ingress.spec?.tls ?? [];
  const namespace = ingress.metadata.namespace!;
  if (sections.length === 0) return undefined;
  const named = sections.find(({ hosts }) =>
    hosts?.some((name) => name.toLowerCase() === host.toLowerCase()),
  );
  if (named) {
    const name = named.secretName;
    return name && isFor(host, lookup.secret(namespace, name)) ? `${namespace}/${name}` : "default";
  }
  const other = sections.find(
    ({ secretName }) => secretName && isFor(host, lookup.secret(namespace, secretName)),
  );
  return other ? `${namespace}/${other.secretName}` : "default";
}

/** Why hosts of an Ingress get the controller's own certificate in place of the one that is named, in upstream's words. */
export function certificateProblems(ingress: Ingress, lookup: Lookup): string[] {
  const { rules = [], tls = [] } = ingress.spec ?? {};
  return rules.flatMap(({ host = "" }) => {
    const name = tls.find(({ hosts }) => hosts?.includes(host))?.secretName;
    if (!name) return [];
    const key = `${ingress.metadata.namespace}/${name}`;
    const secret = lookup.secret(ingress.metadata.namespace!, name);
    if (isFor(host, secret)) return [];
    return pemOf(secret) === undefined
      ? `Error getting SSL certificate "${key}": local SSL certificate ${key} was not found. Using default certificate`
      : `SSL certificate "${key}" does not contain a Common Name or Subject Alternative Name for server "${host}". Using default certificate`;
  });
}

/** The certificate with its key as nginx reads them; undefined when they are not a pair. */
export function pemOf(secret: Secret | undefined): string | undefined {
  const certificate = decode(secret?.data?.["tls.crt"]);
  const key = decode(secret?.data?.["tls.key"]);
  if (!certificate || !key || !parse(certificate)) return undefined;
  return `${certificate.trimEnd()}\n${key.trimEnd()}\n`;
}

function isFor(host: string, secret: Secret | undefined): boolean {
  const certificate = parse(decode(secret?.data?.["tls.crt"]));
  if (!certificate || pemOf(secret) === undefined) return false;
  if (host === "") return true;
  const name = host.startsWith("*.") ? host.replace("*", "any") : host;
  if (certificate.checkHost(name) !== undefined) return true;
  const commonName = /(?:^|\n)CN=([^\n]*)/.exec(certificate.subject ?? "")?.[1];
  return commonName === host;
}

function parse(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem ? new X509Certificate(pem) : undefined;
  } catch {
    return undefined;
  }
}

function decode(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}
