import { X509Certificate } from "node:crypto";
import type { BackendTlsPolicy, Gateway } from "@/lib/cluster/addons/gateway-api/types";
import type { ServicePort } from "@/lib/cluster/resources/types";
import { isFalse, isTrue, type Finding } from "./conditions";
import type { BackendTls } from "./configuration";
import type { Inputs, PolicyState, RouteState } from "./graph";

/** How connections to a Service's port are encrypted; undefined where nobody wants that, a sentence where it cannot be done. */
export function backendTls(
  namespace: string,
  service: string,
  port: ServicePort,
  inputs: Inputs,
): BackendTls | string | undefined {
  const own = inputs.policies.filter(({ metadata }) => metadata.namespace === namespace);
  const of = (section: string | undefined) =>
    own.filter((policy) => targets(policy, service, section)).sort(byAge)[0];
  // A policy for one port goes before one for all of them.
  const policy = (port.name ? of(port.name) : undefined) ?? of(undefined);
  if (!policy) return undefined;
  if (problemsOf(policy, inputs).length > 0) return "the backend TLS policy is invalid";
  const { caCertificateRefs = [], hostname } = policy.spec.validation;
  const [authority] = caCertificateRefs;
  return { hostname, ...(authority ? { authority: `${namespace}/${authority.name}` } : {}) };
}

/** What is said of each policy that any of the gateways' routes has to do with. */
export function judgePolicies(inputs: Inputs, routes: RouteState[], gateways: Gateway[]): PolicyState[] {
  return inputs.policies.flatMap((policy) => {
    const { namespace } = policy.metadata;
    const services = new Set(policy.spec.targetRefs.map(({ name }) => `${namespace}/${name}`));
    const concerned = routes.filter(({ route }) =>
      (route.spec.rules ?? []).some((rule) =>
        (rule.backendRefs ?? []).some((one) =>
          services.has(`${one.namespace ?? route.metadata.namespace}/${one.name}`),
        ),
      ),
    );
    const ancestors = gateways.filter((gateway) =>
      concerned.some(({ route, parents }) =>
        parents.some(
          ({ parentRef }) =>
            parentRef.name === gateway.metadata.name &&
            (parentRef.namespace ?? route.metadata.namespace) === gateway.metadata.namespace,
        ),
      ),
    );
    return ancestors.length > 0
      ? [{ policy, gateways: ancestors, findings: findingsOf(policy, inputs) }]
      : [];
  });
}

/** The certificates of a ConfigMap; undefined when it has none that can be read. */
export function authorityOf(
  inputs: Pick<Inputs, "configMap">,
  namespace: string,
  name: string,
): string | undefined {
  const text = inputs.configMap(namespace, name)?.data?.["ca.crt"];
  try {
    return text && new X509Certificate(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function targets({ spec }: BackendTlsPolicy, service: string, section: string | undefined): boolean {
  return spec.targetRefs.some(
    ({ group, kind, name, sectionName }) =>
      group === "" && kind === "Service" && name === service && sectionName === section,
  );
}

function findingsOf(policy: BackendTlsPolicy, inputs: Inputs): Finding[] {
  const problems = problemsOf(policy, inputs);
  const isBeaten = policy.spec.targetRefs.every(({ name, sectionName }) =>
    inputs.policies.some(
      (other) =>
        other !== policy &&
        other.metadata.namespace === policy.metadata.namespace &&
        targets(other, name, sectionName) &&
        byAge(other, policy) < 0,
    ),
  );
  return [
    isTrue("Accepted", "Accepted", "The Policy is accepted"),
    isTrue("ResolvedRefs", "ResolvedRefs", "All CACertificateRefs are resolved"),
    ...(isBeaten
      ? [isFalse("Accepted", "Conflicted", "The Policy is conflicted with another BackendTLSPolicy")]
      : []),
    ...problems,
  ];
}

function problemsOf({ metadata, spec }: BackendTlsPolicy, inputs: Inputs): Finding[] {
  const [authority] = spec.validation.caCertificateRefs ?? [];
  if (!authority) return [];
  const not = (reason: string, message: string) => [
    isFalse("ResolvedRefs", reason, message),
    isFalse("Accepted", "NoValidCACertificate", message),
  ];
  const { group, kind, name } = authority;
  if (kind !== "ConfigMap" || (group !== "" && group !== "core"))
    return not("InvalidKind", `The CACertificateRef must be a ConfigMap, not ${kind}`);
  return authorityOf(inputs, metadata.namespace!, name) === undefined
    ? not(
        "InvalidCACertificateRef",
        `The CACertificateRef ${name} is not a ConfigMap with certificates in ca.crt`,
      )
    : [];
}

function byAge({ metadata: a }: BackendTlsPolicy, { metadata: b }: BackendTlsPolicy): number {
  const key = (one: typeof a) => `${one.creationTimestamp} ${one.namespace}/${one.name}`;
  return key(a) < key(b) ? -1 : 1;
}
