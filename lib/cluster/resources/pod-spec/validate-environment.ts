import type { FieldError } from "../kind";
import type { EnvFromSource, EnvVar } from "../types";
import { invalid, invalidEach, notSupported, required } from "../validation/errors";
import { configKey, dnsSubdomain, environmentName, qualifiedName } from "../validation/names";

/** What a variable may take from the pod. */
const fieldPaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
/** Paths that exist, for other uses. */
const otherPaths = [
  "metadata.annotations",
  "metadata.labels",
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
];
const resources = ["limits", "requests"].flatMap((part) =>
  ["cpu", "ephemeral-storage", "memory"].map((name) => `${part}.${name}`),
);

/** ValidateEnv of kubernetes 1.34 pkg/apis/core/validation. */
export function validateEnvironment(env: EnvVar[], field: string): FieldError[] {
  return env.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    const named = variable.name
      ? invalidEach(`${at}.name`, variable.name, environmentName(variable.name))
      : [required(`${at}.name`)];
    return [...named, ...validateSource(variable, `${at}.valueFrom`)];
  });
}

function validateSource({ value, valueFrom: from }: EnvVar, field: string): FieldError[] {
  if (!from) return [];
  const errors: FieldError[] = [];
  if (from.fieldRef) errors.push(...validateFieldPath(from.fieldRef.fieldPath, `${field}.fieldRef`));
  if (from.resourceFieldRef) {
    const { resource } = from.resourceFieldRef;
    const at = `${field}.resourceFieldRef.resource`;
    if (!resource) errors.push(required(at));
    else if (!resources.includes(resource) && !/^(?:limits|requests)\.hugepages-/.test(resource))
      errors.push(notSupported(at, resource, resources));
  }
  for (const name of ["configMapKeyRef", "secretKeyRef"] as const) {
    const ref = from[name];
    if (!ref) continue;
    if (!ref.name) errors.push(required(`${field}.${name}.name`));
    if (!ref.key) errors.push(required(`${field}.${name}.key`));
    else errors.push(...invalidEach(`${field}.${name}.key`, ref.key, configKey(ref.key)));
  }
  const sources = Object.values(from).filter((source) => source !== undefined).length;
  const complain = (detail: string) => void errors.push(invalid(field, "", detail));
  if (sources === 0)
    complain("must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
  else if (value) complain("may not be specified when `value` is not empty");
  else if (sources > 1) complain("may not have more than one field specified at a time");
  return errors;
}

function validateFieldPath(path: string, field: string): FieldError[] {
  const at = `${field}.fieldPath`;
  if (!path) return [required(at)];
  const [, base, key] = /^(.*)\['(.*)'\]$/.exec(path) ?? [];
  if (base !== undefined) {
    if (base !== "metadata.annotations" && base !== "metadata.labels")
      return [invalid(at, path, "does not support subscript")];
    return invalidEach(at, key, qualifiedName(base.endsWith("annotations") ? key!.toLowerCase() : key!));
  }
  if (![...fieldPaths, ...otherPaths].includes(path))
    return [invalid(at, path, `error converting fieldPath: field label not supported: ${path}`)];
  return fieldPaths.includes(path) ? [] : [notSupported(at, path, fieldPaths)];
}

/** ValidateEnvFrom. */
export function validateEnvironmentSources(sources: EnvFromSource[], field: string): FieldError[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const at = `${field}[${index}]`;
    const errors = prefix ? invalidEach(`${at}.prefix`, prefix, environmentName(prefix)) : [];
    for (const [name, ref] of Object.entries({ configMapRef, secretRef })) {
      if (!ref) continue;
      if (!ref.name) errors.push(required(`${at}.${name}.name`));
      else errors.push(...invalidEach(`${at}.${name}.name`, ref.name, dnsSubdomain(ref.name)));
    }
    if (!configMapRef && !secretRef)
      errors.push(invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (configMapRef && secretRef)
      errors.push(invalid(at, "", "may not have more than one field specified at a time"));
    return errors;
  });
}
