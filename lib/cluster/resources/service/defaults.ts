import { orDefault } from "../pod-spec/defaults";
import type { Service, ServiceSpec } from "../types";
import { same } from "../validation/errors";

/** Types that get an address of the service CIDR. */
export const needsClusterIp = ({ type }: ServiceSpec): boolean =>
  type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer";

export const isHeadless = ({ clusterIP, clusterIPs }: ServiceSpec): boolean =>
  (clusterIPs?.[0] ?? clusterIP) === "None";

/** Whether every port gets a port of the nodes. */
export const needsNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);

const facesOutside = ({ type }: ServiceSpec) => type === "NodePort" || type === "LoadBalancer";

/** SetDefaults_Service, and clusterIP and clusterIPs made to agree as the registry's NormalizeClusterIPs does. */
export function defaultService(object: Service): void {
  const { spec } = object;
  if (!spec) return;
  orDefault(spec, "sessionAffinity", "None");
  if (!spec.sessionAffinity) spec.sessionAffinity = "None";
  if (!spec.type) spec.type = "ClusterIP";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    orDefault(spec.sessionAffinityConfig.clientIP, "timeoutSeconds", 10_800);
  }
  for (const port of spec.ports ?? []) {
    if (!port.protocol) port.protocol = "TCP";
    if (!port.targetPort) port.targetPort = port.port;
  }
  if (facesOutside(spec) && !spec.externalTrafficPolicy) spec.externalTrafficPolicy = "Cluster";
  if (needsClusterIp(spec)) orDefault(spec, "internalTrafficPolicy", "Cluster");
  if (spec.type === "LoadBalancer") orDefault(spec, "allocateLoadBalancerNodePorts", true);
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}

/** What the author of an update left out stays as allocated; what the new type has no use for goes. */
export function carryAllocations(object: Service, old: Service): void {
  const { spec } = object;
  const before = old.spec;
  if (needsClusterIp(before) && needsClusterIp(spec)) {
    if (!spec.clusterIP) spec.clusterIP = before.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === before.clusterIP) spec.clusterIPs = before.clusterIPs;
    // Only the one of the two linked fields was changed: the other follows.
    else if (
      spec.clusterIP &&
      spec.clusterIP !== before.clusterIP &&
      same(spec.clusterIPs, before.clusterIPs)
    )
      spec.clusterIPs = [spec.clusterIP];
    if (!spec.ipFamilies?.length) spec.ipFamilies = before.ipFamilies;
    spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  }
  if (needsNodePorts(before) && needsNodePorts(spec)) {
    for (const port of spec.ports ?? []) {
      const same = before.ports?.find((one) => one.port === port.port && one.protocol === port.protocol);
      const free = !spec.ports?.some(
        (one) => one !== port && one.nodePort === same?.nodePort && one.protocol === port.protocol,
      );
      if (!port.nodePort && same?.nodePort && free) port.nodePort = same.nodePort;
    }
    if (!spec.healthCheckNodePort) spec.healthCheckNodePort = before.healthCheckNodePort;
  }
  if (spec.type !== before.type) dropOfOtherType(object, old);
}

function dropOfOtherType({ spec }: Service, { spec: before }: Service): void {
  if (needsClusterIp(before) && !needsClusterIp(spec)) {
    if (spec.clusterIP === before.clusterIP) delete spec.clusterIP;
    delete spec.clusterIPs;
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  if (needsNodePorts(before) && !needsNodePorts(spec)) {
    for (const port of spec.ports ?? []) {
      if (before.ports?.some((one) => one.nodePort === port.nodePort)) delete port.nodePort;
    }
  }
  if (facesOutside(before) && !facesOutside(spec)) delete spec.externalTrafficPolicy;
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (before.type === "ExternalName" && spec.externalName === before.externalName) delete spec.externalName;
}
