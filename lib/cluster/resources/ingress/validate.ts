import { isIP } from "node:net";
import type { FieldError } from "../kind";
import type { HttpIngressPath, Ingress, IngressBackend } from "../types";
import { invalid, invalidEach, notSupported, required } from "../validation/errors";
import { dnsLabel1035, dnsSubdomain, portName, portNumber, wildcardDnsSubdomain } from "../validation/names";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEnds = ["/..", "/."];

/** ValidateIngressCreate of pkg/apis/networking/validation, beside what every Ingress must satisfy. */
export function validateNewIngress({ spec, metadata }: Ingress): FieldError[] {
  const legacyClass = metadata.annotations?.["kubernetes.io/ingress.class"];
  const className = spec?.ingressClassName;
  if (legacyClass === undefined || className === undefined || legacyClass === className) return [];
  const message = "must match `ingressClassName` when both are specified";
  return [invalid("annotations.kubernetes.io/ingress.class", legacyClass, message)];
}

/** validateIngress of pkg/apis/networking/validation. */
export function validateIngress({ spec = {} }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.rules?.length && !spec.defaultBackend) {
    errors.push(invalid("spec", spec.rules ?? [], "either `defaultBackend` or `rules` must be specified"));
  }
  if (spec.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, "spec.defaultBackend"));
  for (const [index, rule] of (spec.rules ?? []).entries()) {
    const at = `spec.rules[${index}]`;
    if (rule.host) errors.push(...validateHost(rule.host, `${at}.host`));
    if (rule.http && !rule.http.paths?.length) errors.push(required(`${at}.http.paths`));
    for (const [position, path] of (rule.http?.paths ?? []).entries()) {
      errors.push(...validatePath(path, `${at}.http.paths[${position}]`));
    }
  }
  for (const [index, { hosts }] of (spec.tls ?? []).entries()) {
    for (const [position, host] of (hosts ?? []).entries()) {
      const complaints = host.includes("*") ? wildcardDnsSubdomain(host) : dnsSubdomain(host);
      errors.push(...invalidEach(`spec.tls[${index}].hosts[${position}]`, host, complaints));
    }
  }
  if (spec.ingressClassName !== undefined) {
    errors.push(
      ...invalidEach("spec.ingressClassName", spec.ingressClassName, dnsSubdomain(spec.ingressClassName)),
    );
  }
  return errors;
}

function validateHost(host: string, field: string): FieldError[] {
  if (isIP(host)) return [invalid(field, host, "must be a DNS name, not an IP address")];
  return invalidEach(field, host, host.includes("*") ? wildcardDnsSubdomain(host) : dnsSubdomain(host));
}

function validatePath({ path = "", pathType, backend }: HttpIngressPath, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!pathType) errors.push(required(`${field}.pathType`, "pathType must be specified"));
  else if (pathType === "Exact" || pathType === "Prefix") {
    if (!path.startsWith("/")) errors.push(invalid(`${field}.path`, path, "must be an absolute path"));
    for (const part of badSequences) {
      if (path.includes(part)) errors.push(invalid(`${field}.path`, path, `must not contain '${part}'`));
    }
    for (const end of badEnds) {
      if (path.endsWith(end)) errors.push(invalid(`${field}.path`, path, `cannot end with '${end}'`));
    }
  } else if (pathType === "ImplementationSpecific") {
    if (path && !path.startsWith("/"))
      errors.push(invalid(`${field}.path`, path, "must be an absolute path"));
  } else errors.push(notSupported(`${field}.pathType`, pathType, pathTypes));
  return [...errors, ...validateBackend(backend ?? {}, `${field}.backend`)];
}

function validateBackend({ service, resource }: IngressBackend, field: string): FieldError[] {
  if (service && resource) return [invalid(field, "", "cannot set both resource and service backends")];
  if (resource) {
    return [
      ...(resource.kind ? [] : [required(`${field}.resource.kind`)]),
      ...(resource.name ? [] : [required(`${field}.resource.name`)]),
    ];
  }
  if (!service) return [required(field, "resource or service backend is required")];
  const errors: FieldError[] = [];
  if (!service.name) errors.push(required(`${field}.service.name`));
  else errors.push(...invalidEach(`${field}.service.name`, service.name, dnsLabel1035(service.name)));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(field, service, "cannot set both port name & port number"));
  else if (name) errors.push(...invalidEach(`${field}.service.port.name`, name, portName(name)));
  else if (number) errors.push(...invalidEach(`${field}.service.port.number`, number, portNumber(number)));
  else errors.push(required(field, "port name or number is required"));
  return errors;
}
