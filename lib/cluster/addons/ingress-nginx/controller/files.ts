import type { Ingress } from "@/lib/cluster/resources/types";
import { pemOf } from "../model/certificate-for";
import type { ParsedIngress } from "../model/build-configuration";
import type { Configuration } from "../model/configuration";
import type { Lookup } from "../model/lookup";
import { authFile, certificatePath } from "../render/places";
import { splitKey } from "./options";

/** Certificates of the servers, by path. */
export function certificateFiles({ servers }: Configuration, lookup: Lookup): [string, string][] {
  const keys = new Set(servers.flatMap(({ certificate }) => (certificate ? [certificate] : [])));
  keys.delete("default");
  return [...keys].flatMap((key): [string, string][] => {
    const { namespace, name } = splitKey(key);
    const pem = pemOf(lookup.secret(namespace, name));
    return pem ? [[certificatePath(key), pem]] : [];
  });
}

/**
 * The password file of an Ingress with basic authentication, or why it cannot be had; then nothing may be served
 * (ingress-nginx, annotations/auth).
 */
export function passwordFile(
  { ingress, settings }: ParsedIngress,
  lookup: Lookup,
): { path: string; content: string } | { denied: string } | undefined {
  if (settings["auth-type"] !== "basic") return undefined;
  const written = settings["auth-secret"] ?? "";
  const { namespace, name } = written.includes("/")
    ? splitKey(written)
    : { namespace: ingress.metadata.namespace!, name: written };
  const secret = lookup.secret(namespace, name);
  if (namespace !== ingress.metadata.namespace)
    return { denied: "cross namespace usage of secrets is not allowed" };
  if (!secret)
    return {
      denied: `unexpected error reading secret ${namespace}/${name}: no object matching key "${namespace}/${name}" in local store`,
    };
  const content =
    settings["auth-secret-type"] === "auth-map"
      ? Object.entries(secret.data ?? {})
          .map(([user, hash]) => `${user}:${decode(hash)}\n`)
          .join("")
      : secret.data?.auth && decode(secret.data.auth);
  if (content === undefined)
    return { denied: `the secret ${namespace}/${name} does not contain a key with value auth` };
  return { path: authFileOf(ingress), content };
}

function authFileOf({ metadata }: Ingress): string {
  return authFile(metadata.namespace!, metadata.uid!);
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
