import { badRequest, conflict, fieldInvalid, invalid, notFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import { rfc3339 } from "../json";
import type { RequestContext } from "../registry/registry";

interface TokenRequestObject extends KubeObject {
  spec?: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
}

/** serviceaccounts/token: a token for the account, perhaps bound to a pod or secret (core/serviceaccount/storage). */
export function requestToken(
  { registry, tokens }: Api,
  { namespace, name }: Target,
  input: KubeObject,
  _context: RequestContext,
): Promise<KubeObject> {
  const account = registry.read("", "serviceaccounts", namespace, name)!;
  const { spec = {} } = input as TokenRequestObject;
  const expirationSeconds = spec.expirationSeconds ?? 3600;
  const kind = { group: "authentication.k8s.io", kind: "TokenRequest" };
  if (expirationSeconds < 600)
    throw invalid(kind, "", [
      fieldInvalid(
        "spec.expirationSeconds",
        expirationSeconds,
        "may not specify a duration less than 10 minutes",
      ),
    ]);
  if (expirationSeconds > 2 ** 32)
    throw invalid(kind, "", [
      fieldInvalid(
        "spec.expirationSeconds",
        expirationSeconds,
        "may not specify a duration larger than 2^32 seconds",
      ),
    ]);
  const ref = spec.boundObjectRef;
  let boundObject: KubeObject | undefined;
  if (ref) {
    if (!["Pod", "Secret", "Node"].includes(ref.kind ?? ""))
      throw badRequest(
        `cannot bind token for serviceaccount "${name}" to object of type v1, Kind=${ref.kind}`,
      );
    const plural = `${ref.kind!.toLowerCase()}s`;
    boundObject = registry.read("", plural, ref.kind === "Node" ? undefined : namespace, ref.name ?? "");
    if (!boundObject) throw notFound({ group: "", plural }, ref.name ?? "");
    if (ref.uid && ref.uid !== boundObject.metadata.uid)
      throw conflict(
        { group: "", plural },
        ref.name!,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
  }
  const { token, expiresAtMs } = tokens.issue(account, {
    audiences: spec.audiences,
    expirationSeconds,
    boundObject,
  });
  return Promise.resolve({
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace: namespace!, creationTimestamp: rfc3339(registry.clock.now()) },
    spec: {
      audiences: spec.audiences?.length ? spec.audiences : [tokens.audience],
      expirationSeconds,
      boundObjectRef: ref ?? null,
    },
    status: { token, expirationTimestamp: rfc3339(expiresAtMs) },
  });
}
