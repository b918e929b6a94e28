import type { FieldError } from "../kind";
import type { Service, ServicePort, ServiceSpec } from "../types";
import {
  duplicate,
  forbidden,
  immutable,
  invalid,
  invalidEach,
  notSupported,
  required,
} from "../validation/errors";
import { cidr, ipAddress } from "../validation/ip";
import { validateLabels } from "../validation/metadata";
import { dnsLabel, dnsSubdomain, portName, portNumber, qualifiedName } from "../validation/names";
import { isHeadless, needsClusterIp } from "./defaults";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const protocols = ["SCTP", "TCP", "UDP"];
const affinities = ["ClientIP", "None"];
const families = ["IPv4", "IPv6"];
const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/** ValidateService of pkg/apis/core/validation. */
export function validateService({ spec }: Service): FieldError[] {
  if (!spec) return [required("spec.ports")];
  const errors: FieldError[] = [];
  const portsOptional = isHeadless(spec) || spec.type === "ExternalName";
  if (!spec.ports?.length && !portsOptional) errors.push(required("spec.ports"));
  errors.push(...validatePorts(spec), ...validateLabels(spec.selector, "spec.selector"));
  if (!affinities.includes(spec.sessionAffinity ?? ""))
    errors.push(notSupported("spec.sessionAffinity", spec.sessionAffinity, affinities));
  errors.push(...validateByType(spec), ...validateAddresses(spec));
  if (!types.includes(spec.type ?? "")) errors.push(notSupported("spec.type", spec.type, types));
  errors.push(...validatePolicies(spec));
  return errors;
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const names = new Set<string>();
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  const ports = spec.ports ?? [];
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    if (ports.length > 1 && !port.name) errors.push(required(`${at}.name`));
    else if (port.name) {
      errors.push(...invalidEach(`${at}.name`, port.name, dnsLabel(port.name)));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    errors.push(...invalidEach(`${at}.port`, port.port, portNumber(port.port)));
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, protocols));
    if (spec.type !== "ExternalName" && !(isHeadless(spec) && port.targetPort === port.port)) {
      errors.push(...validateTarget(port, at));
    }
    if (port.appProtocol) {
      errors.push(...invalidEach(`${at}.appProtocol`, port.appProtocol, qualifiedName(port.appProtocol)));
    }
    if (port.nodePort) {
      if (spec.type === "ClusterIP" || spec.type === "ExternalName") {
        errors.push(forbidden(`${at}.nodePort`, `may not be used when \`type\` is '${spec.type}'`));
      }
      const nodeKey = `${port.protocol}:${port.nodePort}`;
      if (nodePorts.has(nodeKey)) errors.push(duplicate(`${at}.nodePort`, port.nodePort));
      nodePorts.add(nodeKey);
    }
    const key = `${port.protocol}:${port.port}`;
    if (seen.has(key)) errors.push(duplicate(at, { protocol: port.protocol, port: port.port }));
    seen.add(key);
    return errors;
  });
}

function validateTarget({ targetPort }: ServicePort, at: string): FieldError[] {
  if (targetPort === undefined) return [];
  return typeof targetPort === "number"
    ? invalidEach(`${at}.targetPort`, targetPort, portNumber(targetPort))
    : invalidEach(`${at}.targetPort`, targetPort, portName(targetPort));
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (isHeadless(spec) && (spec.type === "NodePort" || spec.type === "LoadBalancer")) {
    errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type === "ExternalName") {
    if (spec.clusterIP) {
      errors.push(forbidden("spec.clusterIPs[0]", "may not be set for ExternalName services"));
    }
    if (!spec.externalName) errors.push(required("spec.externalName"));
    else {
      const name = spec.externalName.endsWith(".") ? spec.externalName.slice(0, -1) : spec.externalName;
      errors.push(...invalidEach("spec.externalName", spec.externalName, dnsSubdomain(name)));
    }
  }
  if (spec.type !== "LoadBalancer") {
    if (spec.loadBalancerClass !== undefined) {
      errors.push(forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"));
    }
    if (spec.allocateLoadBalancerNodePorts !== undefined) {
      errors.push(
        forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'"),
      );
    }
    if ((spec.loadBalancerSourceRanges ?? []).length > 0) {
      errors.push(
        forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'"),
      );
    }
  }
  return errors;
}

function validateAddresses(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (index === 0 && (address === "None" || address === "")) continue;
    errors.push(...invalidEach(`spec.clusterIPs[${index}]`, address, ipAddress(address)));
  }
  if (spec.clusterIP && spec.clusterIPs?.length && spec.clusterIPs[0] !== spec.clusterIP) {
    errors.push(invalid("spec.clusterIPs", spec.clusterIPs, "first value must match `clusterIP`"));
  }
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    errors.push(...invalidEach(`spec.externalIPs[${index}]`, address, ipAddress(address)));
  }
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    errors.push(...invalidEach(`spec.LoadBalancerSourceRanges[${index}]`, range, cidr(range.trim())));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${index}]`, family, families));
  }
  if (spec.ipFamilyPolicy && !policies.includes(spec.ipFamilyPolicy)) {
    errors.push(notSupported("spec.ipFamilyPolicy", spec.ipFamilyPolicy, policies));
  }
  return errors;
}

function validatePolicies(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const outside =
    spec.type === "NodePort" || spec.type === "LoadBalancer" || (spec.externalIPs ?? []).length > 0;
  const policy = spec.externalTrafficPolicy;
  if (policy && !outside) {
    errors.push(
      invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services"),
    );
  } else if (policy && !["Cluster", "Local"].includes(policy)) {
    errors.push(notSupported("spec.externalTrafficPolicy", policy, ["Cluster", "Local"]));
  }
  if (needsClusterIp(spec) && !["Cluster", "Local"].includes(spec.internalTrafficPolicy ?? "")) {
    errors.push(notSupported("spec.internalTrafficPolicy", spec.internalTrafficPolicy, ["Cluster", "Local"]));
  }
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout !== undefined && (timeout <= 0 || timeout > 86_400)) {
    errors.push(
      invalid(
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
        timeout,
        "must be greater than 0 and less than 86400",
      ),
    );
  }
  return errors;
}

/** An allocated address stays, unless the type changes from or to ExternalName. */
export function validateServiceUpdate({ spec }: Service, old: Service): FieldError[] {
  if (!needsClusterIp(spec) || !needsClusterIp(old.spec)) return [];
  const before = old.spec.clusterIPs?.[0];
  if (before && spec.clusterIPs?.[0] !== before) {
    return [invalid("spec.clusterIPs[0]", spec.clusterIPs ?? null, "may not change once set")];
  }
  const errors: FieldError[] = [];
  if (old.spec.ipFamilies?.[0] && spec.ipFamilies?.[0] !== old.spec.ipFamilies[0]) {
    errors.push(invalid("spec.ipFamilies[0]", spec.ipFamilies ?? null, "may not change once set"));
  }
  if (old.spec.type === "LoadBalancer" && spec.type === "LoadBalancer") {
    errors.push(
      ...immutable("spec.loadBalancerClass", spec.loadBalancerClass, old.spec.loadBalancerClass).map(
        (error) => ({
          ...error,
          message: error.message.replace("field is immutable", "may not change once set"),
        }),
      ),
    );
  }
  return errors;
}
