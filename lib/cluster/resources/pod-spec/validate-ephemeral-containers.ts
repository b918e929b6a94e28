import type { FieldError } from "../kind";
import type { PodSpec } from "../types";
import { duplicate, forbidden, notFound } from "../validation/errors";
import { validateContainer, type ContainerRules } from "./validate-container";

const notAllowed = "cannot be set for an Ephemeral Container";

/** Fields of ordinary containers that nobody may rely on an ephemeral one for. */
const forbiddenFields = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const;

/** validateEphemeralContainers of pkg/apis/core/validation; `volumes` are the pod's, by name. */
export function validateEphemeralContainers(
  spec: PodSpec,
  field: string,
  volumes: ContainerRules["volumes"],
): FieldError[] {
  const others = new Set(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name),
  );
  const names = new Set(others);
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const errors = validateContainer(container, at, { volumes, hostNetwork: false, init: false });
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const { targetContainerName: target } = container;
    if (target && !others.has(target)) errors.push(notFound(`${at}.targetContainerName`, target));
    for (const name of forbiddenFields)
      if (isSet((container as unknown as Record<string, unknown>)[name]))
        errors.push(forbidden(`${at}.${name}`, notAllowed));
    for (const [number, mount] of (container.volumeMounts ?? []).entries())
      for (const name of ["subPath", "subPathExpr"] as const)
        if (mount[name]) errors.push(forbidden(`${at}.volumeMounts[${number}].${name}`, notAllowed));
    return errors;
  });
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null;
}
