import type { FieldError } from "../kind";
import type { PodSpec, PodTemplateSpec, Toleration, Volume } from "../types";
import { duplicate, forbidden, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { ipAddress } from "../validation/ip";
import { validateAnnotations, validateLabels } from "../validation/metadata";
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from "../validation/names";
import { validateContainer } from "./validate-container";
import { validatePodSecurityContext } from "./validate-security-context";
import { validateEphemeralContainers } from "./validate-ephemeral-containers";
import { validateOs } from "./validate-os";
import { validateHostProcess } from "./validate-windows-options";

const dnsPolicies = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
const restartPolicies = ["Always", "OnFailure", "Never"];

/** ValidatePodSpec of pkg/apis/core/validation, for pods and templates alike. `field` is "spec" or "spec.template.spec". */
export function validatePodSpec(spec: PodSpec | undefined, field: string): FieldError[] {
  if (!spec) return [required(`${field}.containers`)];
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const hostNetwork = spec.hostNetwork === true;
  const errors: FieldError[] = validateVolumes(spec.volumes ?? [], `${field}.volumes`);
  const names = new Set<string>();
  if (!spec.containers || spec.containers.length === 0) errors.push(required(`${field}.containers`));
  for (const list of ["containers", "initContainers"] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      const at = `${field}.${list}[${index}]`;
      errors.push(
        ...validateContainer(container, at, { volumes, hostNetwork, init: list === "initContainers" }),
      );
      if (container.name && names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
      names.add(container.name);
    }
  }
  errors.push(...validateEphemeralContainers(spec, `${field}.ephemeralContainers`, volumes));
  if (!restartPolicies.includes(spec.restartPolicy ?? "")) {
    errors.push(
      spec.restartPolicy
        ? notSupported(`${field}.restartPolicy`, spec.restartPolicy, restartPolicies)
        : required(`${field}.restartPolicy`),
    );
  }
  errors.push(...validateDns(spec, field), ...validateScheduling(spec, field), ...validateHost(spec, field));
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1) {
    errors.push(
      invalid(
        `${field}.activeDeadlineSeconds`,
        spec.activeDeadlineSeconds,
        "must be between 1 and 2147483647, inclusive",
      ),
    );
  }
  if (spec.serviceAccountName) {
    errors.push(
      ...invalidEach(
        `${field}.serviceAccountName`,
        spec.serviceAccountName,
        dnsSubdomain(spec.serviceAccountName),
      ),
    );
  }
  return [...errors, ...validateHostProcess(spec, field), ...validateOs(spec, field)];
}

/** Labels and annotations alone: upstream looks no deeper into a StatefulSet, whose volumes come from its claims. */
export function validateTemplateMetadata(template: PodTemplateSpec | undefined, field: string): FieldError[] {
  return [
    ...validateLabels(template?.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template?.metadata?.annotations, `${field}.annotations`),
  ];
}

/** ValidatePodTemplateSpec: labels, annotations and the spec. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string): FieldError[] {
  return [
    ...validateTemplateMetadata(template, field),
    ...validatePodSpec(template?.spec, `${field}.spec`),
    ...((template?.spec?.ephemeralContainers ?? []).length > 0
      ? [forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")]
      : []),
  ];
}

function validateVolumes(volumes: Volume[], field: string): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!volume.name) errors.push(required(`${at}.name`));
    else {
      errors.push(...invalidEach(`${at}.name`, volume.name, dnsLabel(volume.name)));
      if (seen.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
      seen.add(volume.name);
    }
    const sources = Object.entries(volume).filter(([key, value]) => key !== "name" && value != null);
    if (sources.length === 0) errors.push(required(at, "must specify a volume type"));
    for (const [key] of sources.slice(1)) {
      errors.push(forbidden(`${at}.${key}`, "may not specify more than 1 volume type"));
    }
    if (volume.configMap && !volume.configMap.name) errors.push(required(`${at}.configMap.name`));
    if (volume.secret && !volume.secret.secretName) errors.push(required(`${at}.secret.secretName`));
    if (volume.hostPath && !volume.hostPath.path) errors.push(required(`${at}.hostPath.path`));
    if (volume.persistentVolumeClaim && !volume.persistentVolumeClaim.claimName) {
      errors.push(required(`${at}.persistentVolumeClaim.claimName`));
    }
    return errors;
  });
}

function validateDns(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!dnsPolicies.includes(spec.dnsPolicy ?? "")) {
    errors.push(
      spec.dnsPolicy
        ? notSupported(`${field}.dnsPolicy`, spec.dnsPolicy, dnsPolicies)
        : required(`${field}.dnsPolicy`),
    );
  }
  if (spec.dnsPolicy === "None" && !spec.dnsConfig?.nameservers?.length) {
    errors.push(
      required(
        `${field}.dnsConfig.nameservers`,
        `must provide at least one DNS nameserver when \`dnsPolicy\` is None`,
      ),
    );
  }
  for (const [index, server] of (spec.dnsConfig?.nameservers ?? []).entries()) {
    errors.push(...invalidEach(`${field}.dnsConfig.nameservers[${index}]`, server, ipAddress(server)));
  }
  for (const name of ["hostname", "subdomain"] as const) {
    const value = spec[name];
    if (value) errors.push(...invalidEach(`${field}.${name}`, value, dnsLabel(value)));
  }
  for (const [index, { ip }] of (spec.hostAliases ?? []).entries()) {
    errors.push(...invalidEach(`${field}.hostAliases[${index}].ip`, ip, ipAddress(ip)));
  }
  return errors;
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function validateScheduling(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = validateLabels(spec.nodeSelector, `${field}.nodeSelector`);
  if (spec.nodeName)
    errors.push(...invalidEach(`${field}.nodeName`, spec.nodeName, dnsSubdomain(spec.nodeName)));
  for (const [index, toleration] of (spec.tolerations ?? []).entries()) {
    errors.push(...validateToleration(toleration, `${field}.tolerations[${index}]`));
  }
  const required_ = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required_ && !required_.nodeSelectorTerms?.length) {
    errors.push(
      required(
        `${field}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
        "must have at least one node selector term",
      ),
    );
  }
  return errors;
}

function validateToleration(toleration: Toleration, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { key, operator = "Equal", value, effect } = toleration;
  if (key) errors.push(...invalidEach(`${at}.key`, key, qualifiedName(key)));
  else if (operator !== "Exists") {
    errors.push(
      invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (toleration.tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(
      invalid(`${at}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  if (operator === "Equal")
    errors.push(...invalidEach(`${at}.operator`, value ?? "", labelValue(value ?? "")));
  else if (operator === "Exists") {
    if (value)
      errors.push(invalid(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
  } else errors.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
  if (effect && !effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
  return errors;
}

function validateHost(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(
      invalid(
        `${field}.shareProcessNamespace`,
        true,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    );
  }
  const grace = spec.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0) {
    errors.push(
      invalid(`${field}.terminationGracePeriodSeconds`, grace, "must be greater than or equal to 0"),
    );
  }
  errors.push(...validatePodSecurityContext(spec, `${field}.securityContext`));
  return errors;
}
