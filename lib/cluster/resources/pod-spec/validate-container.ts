import type { FieldError } from "../kind";
import { compareQuantities, parseQuantity } from "../quantity";
import type { Container, Handler, IntOrString, Probe, ResourceRequirements, Volume } from "../types";
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notFound,
  notSupported,
  required,
} from "../validation/errors";
import { dnsLabel, portName, portNumber, qualifiedName } from "../validation/names";
import { validateEnvironment, validateEnvironmentSources } from "./validate-environment";
import { validateSecurityContext } from "./validate-security-context";
import { validateVolumeDevices } from "./validate-volume-devices";

const pullPolicies = ["Always", "IfNotPresent", "Never"];
const protocols = ["SCTP", "TCP", "UDP"];

export interface ContainerRules {
  /** The pod's, by name. */
  volumes: ReadonlyMap<string, Volume>;
  /** Init containers that are no sidecars may have no probes and no lifecycle hooks. */
  init: boolean;
  hostNetwork: boolean;
}

/** validateContainerCommon and what ordinary and init containers add to it. */
export function validateContainer(container: Container, field: string, rules: ContainerRules): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(required(`${field}.name`));
  else errors.push(...invalidEach(`${field}.name`, container.name, dnsLabel(container.name)));
  if (!container.image) errors.push(required(`${field}.image`));
  else if (container.image !== container.image.trim()) {
    errors.push(invalid(`${field}.image`, container.image, "must not have leading or trailing whitespace"));
  }
  errors.push(
    ...validateTermination(container, field),
    ...validatePorts(container, `${field}.ports`, rules),
    ...validateEnvironment(container.env ?? [], `${field}.env`),
    ...validateEnvironmentSources(container.envFrom ?? [], `${field}.envFrom`),
    ...validateMounts(container, `${field}.volumeMounts`, rules.volumes),
    ...validateVolumeDevices(container, `${field}.volumeDevices`, rules.volumes),
  );
  if (!pullPolicies.includes(container.imagePullPolicy ?? "")) {
    errors.push(notSupported(`${field}.imagePullPolicy`, container.imagePullPolicy, pullPolicies));
  }
  errors.push(
    ...validateResources(container.resources, `${field}.resources`),
    ...validateSecurityContext(container.securityContext, `${field}.securityContext`),
    ...validateProbes(container, field, rules.init),
  );
  return errors;
}

function validatePorts(container: Container, field: string, rules: ContainerRules): FieldError[] {
  const names = new Set<string>();
  return (container.ports ?? []).flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (port.name) {
      const complaints = portName(port.name);
      errors.push(...invalidEach(`${at}.name`, port.name, complaints));
      if (complaints.length === 0 && names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else
      errors.push(...invalidEach(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort)));
    if (port.hostPort) {
      errors.push(...invalidEach(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort)));
      if (rules.hostNetwork && port.hostPort !== port.containerPort) {
        errors.push(
          invalid(`${at}.hostPort`, port.hostPort, "must match `containerPort` when `hostNetwork` is true"),
        );
      }
    }
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(port.protocol)) {
      errors.push(notSupported(`${at}.protocol`, port.protocol, protocols));
    }
    return errors;
  });
}

function validateMounts(
  container: Container,
  field: string,
  volumes: ContainerRules["volumes"],
): FieldError[] {
  const paths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath)) {
      errors.push(invalid(`${at}.mountPath`, mount.mountPath, "must be unique"));
    }
    paths.add(mount.mountPath);
    if (devices.some(({ name }) => name === mount.name))
      errors.push(invalid(`${at}.name`, mount.name, "must not already exist in volumeDevices"));
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath))
      errors.push(
        invalid(`${at}.mountPath`, mount.mountPath, "must not already exist as a path in volumeDevices"),
      );
    if (mount.subPath?.startsWith("/")) {
      errors.push(invalid(`${at}.subPath`, mount.subPath, "must be a relative path"));
    }
    if (mount.subPath?.split("/").includes("..")) {
      errors.push(invalid(`${at}.subPath`, mount.subPath, "must not contain '..'"));
    }
    return errors;
  });
}

const integerResources = new Set(["pods", "services", "persistentvolumeclaims"]);
const standardResources = new Set(["cpu", "memory", "ephemeral-storage"]);

export function validateResourceAmount(name: string, value: unknown, field: string): FieldError[] {
  const amount = parseQuantity(value);
  if (!amount) {
    return [
      invalid(
        field,
        value,
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      ),
    ];
  }
  if (amount.nanos < 0n) return [invalid(field, String(value), "must be greater than or equal to 0")];
  if ((integerResources.has(name) || name.includes("/")) && amount.nanos % 1_000_000_000n !== 0n) {
    return [invalid(field, String(value), "must be an integer")];
  }
  return [];
}

export function validateResources(resources: ResourceRequirements | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const part of ["limits", "requests"] as const) {
    for (const [name, value] of Object.entries(resources?.[part] ?? {})) {
      const at = `${field}.${part}`;
      errors.push(...invalidEach(at, name, qualifiedName(name)));
      if (!name.includes("/") && !standardResources.has(name) && !name.startsWith("hugepages-")) {
        errors.push(invalid(at, name, "must be a standard resource for containers"));
      }
      errors.push(...validateResourceAmount(name, value, `${at}[${name}]`));
    }
  }
  for (const [name, request] of Object.entries(resources?.requests ?? {})) {
    const limit = resources?.limits?.[name];
    if (limit === undefined) continue;
    if (name.includes("/") && compareQuantities(request, limit) !== 0) {
      errors.push(
        invalid(`${field}.requests`, String(request), `must be equal to ${name} limit of ${limit}`),
      );
    } else if (compareQuantities(request, limit) > 0) {
      errors.push(
        invalid(
          `${field}.requests`,
          String(request),
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
    }
  }
  return errors;
}

function validateTermination(container: Container, field: string): FieldError[] {
  const policies = ["FallbackToLogsOnError", "File"];
  const policy = container.terminationMessagePolicy;
  return policy && !policies.includes(policy)
    ? [notSupported(`${field}.terminationMessagePolicy`, policy, policies)]
    : [];
}

function validateProbes(container: Container, field: string, init: boolean): FieldError[] {
  const sidecar = container.restartPolicy === "Always";
  const errors: FieldError[] = [];
  if (container.restartPolicy !== undefined && !init) {
    errors.push(forbidden(`${field}.restartPolicy`, "may not be set for non-init containers"));
  }
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[name];
    if (!probe) continue;
    if (init && !sidecar) {
      errors.push(
        forbidden(`${field}.${name}`, "may not be set for init containers without restartPolicy=Always"),
      );
      continue;
    }
    errors.push(...validateProbe(probe, `${field}.${name}`));
    if (name !== "readinessProbe" && (probe.successThreshold ?? 1) !== 1) {
      errors.push(invalid(`${field}.${name}.successThreshold`, probe.successThreshold, "must be 1"));
    }
  }
  if (container.lifecycle) {
    if (init && !sidecar) {
      errors.push(
        forbidden(`${field}.lifecycle`, "may not be set for init containers without restartPolicy=Always"),
      );
    } else {
      for (const hook of ["postStart", "preStop"] as const) {
        const handler = container.lifecycle[hook];
        if (handler) errors.push(...validateHandler(handler, `${field}.lifecycle.${hook}`));
      }
    }
  }
  return errors;
}

function validateProbe(probe: Probe, field: string): FieldError[] {
  const errors = validateHandler(probe, field);
  for (const name of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    const value = probe[name];
    if (value !== undefined && value < 0) {
      errors.push(invalid(`${field}.${name}`, value, "must be greater than or equal to 0"));
    }
  }
  return errors;
}

function validateHandler(handler: Handler, field: string): FieldError[] {
  const kinds = (["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const).filter((kind) => handler[kind]);
  if (kinds.length === 0) return [required(field, "must specify a handler type")];
  const errors: FieldError[] = kinds
    .slice(1)
    .map((kind) => forbidden(`${field}.${kind}`, "may not specify more than 1 handler type"));
  if (handler.exec && !handler.exec.command?.length) errors.push(required(`${field}.exec.command`));
  if (handler.httpGet) {
    if (!handler.httpGet.path) errors.push(required(`${field}.httpGet.path`));
    errors.push(...validatePortOrName(handler.httpGet.port, `${field}.httpGet.port`));
    if (!["HTTP", "HTTPS"].includes(handler.httpGet.scheme ?? "")) {
      errors.push(notSupported(`${field}.httpGet.scheme`, handler.httpGet.scheme, ["HTTP", "HTTPS"]));
    }
  }
  if (handler.tcpSocket)
    errors.push(...validatePortOrName(handler.tcpSocket.port, `${field}.tcpSocket.port`));
  if (handler.grpc)
    errors.push(...invalidEach(`${field}.grpc.port`, handler.grpc.port, portNumber(handler.grpc.port)));
  return errors;
}

export function validatePortOrName(port: IntOrString | undefined, field: string): FieldError[] {
  if (typeof port === "string") return invalidEach(field, port, portName(port));
  return invalidEach(field, port ?? 0, portNumber(port ?? 0));
}
