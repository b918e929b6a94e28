import { randomInt } from "node:crypto";
import type { FieldError, StrategyContext } from "../kind";
import type { Service } from "../types";
import { invalid } from "../validation/errors";
import { cidrContains, cidrRange, familyOf, numberToIpv4 } from "../validation/ip";
import { isHeadless, needsClusterIp, needsNodePorts } from "./defaults";

/**
 * Gives a service its address family fields, its ClusterIP and its node ports, as upstream's REST storage does on a
 * single-stack IPv4 cluster. What is taken is read from the stored services, so nothing needs to be released.
 */
export function allocateService(
  object: Service,
  old: Service | undefined,
  context: StrategyContext,
): FieldError[] {
  const { spec } = object;
  if (!needsClusterIp(spec)) return [];
  const others = (context.list("", "services") as Service[]).filter(
    ({ metadata }) =>
      metadata.name !== object.metadata.name || metadata.namespace !== object.metadata.namespace,
  );
  return [
    ...setFamilies(object),
    ...allocateClusterIp(object, old, others, context.cluster.serviceCidr),
    ...allocateNodePorts(object, others, context.cluster.nodePortRange),
  ];
}

function setFamilies({ spec }: Service): FieldError[] {
  const given = spec.ipFamilyPolicy;
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    // The only services that may name a family the cluster does not have: nobody routes to them.
    spec.ipFamilyPolicy ??= "RequireDualStack";
    spec.ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : ["IPv4"];
    if (spec.ipFamilyPolicy !== "SingleStack" && spec.ipFamilies.length === 1) {
      spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === "IPv4" ? "IPv6" : "IPv4"];
    }
    return [];
  }
  if (given === "RequireDualStack") {
    return [invalid("spec.ipFamilyPolicy", given, "this cluster is not configured for dual-stack services")];
  }
  const wrong = (spec.ipFamilies ?? []).findIndex((family) => family !== "IPv4");
  if (wrong >= 0) {
    return [invalid(`spec.ipFamilies[${wrong}]`, spec.ipFamilies?.[wrong], "not configured on this cluster")];
  }
  spec.ipFamilyPolicy ??= "SingleStack";
  spec.ipFamilies = ["IPv4"];
  return [];
}

function allocateClusterIp(
  object: Service,
  old: Service | undefined,
  others: Service[],
  serviceCidr: string,
): FieldError[] {
  const { spec } = object;
  if (isHeadless(spec)) {
    spec.clusterIP = "None";
    spec.clusterIPs = ["None"];
    return [];
  }
  const taken = new Set(others.flatMap(({ spec }) => spec.clusterIPs ?? []));
  const wanted = spec.clusterIPs?.[0];
  if (wanted) {
    if (old?.spec.clusterIPs?.[0] === wanted) return [];
    const refuse = (why: string) => [
      invalid("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${wanted}: ${why}`),
    ];
    if (familyOf(wanted) === "IPv6" || !cidrContains(serviceCidr, wanted)) {
      return refuse("the provided network does not match the current range");
    }
    if (taken.has(wanted)) return refuse("provided IP is already allocated");
    return [];
  }
  const address = freeAddress(serviceCidr, taken);
  if (!address) {
    return [
      invalid("spec.clusterIPs", spec.clusterIPs ?? [], "failed to allocate a serviceIP: range is full"),
    ];
  }
  spec.clusterIP = address;
  spec.clusterIPs = [address];
  return [];
}

/** A random free address: first above the band that upstream keeps for addresses that people choose, then in it. */
function freeAddress(serviceCidr: string, taken: Set<string>): string | undefined {
  const { base, size } = cidrRange(serviceCidr);
  const usable = size - 2;
  if (usable < 1) return undefined;
  const band = size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256);
  const pick = (from: number, count: number) => {
    if (count < 1) return undefined;
    const start = randomInt(count);
    for (let step = 0; step < count; step += 1) {
      const address = numberToIpv4(base + 1 + from + ((start + step) % count));
      if (!taken.has(address)) return address;
    }
    return undefined;
  };
  return pick(band, usable - band) ?? pick(0, band);
}

function allocateNodePorts(
  { spec }: Service,
  others: Service[],
  range: { from: number; to: number },
): FieldError[] {
  const key = (port: number, protocol = "TCP") => `${port}/${protocol}`;
  const taken = new Set(
    others.flatMap(({ spec }) =>
      (spec.ports ?? []).map(({ nodePort, protocol }) => key(nodePort ?? 0, protocol)),
    ),
  );
  const numbers = new Set([...taken].map((one) => Number(one.split("/")[0])));
  const errors: FieldError[] = [];
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort) continue;
    const field = `spec.ports[${index}].nodePort`;
    if (port.nodePort < range.from || port.nodePort > range.to) {
      const valid = `${range.from}-${range.to}`;
      errors.push(
        invalid(
          field,
          port.nodePort,
          `provided port is not in the valid range. The range of valid ports is ${valid}`,
        ),
      );
    } else if (taken.has(key(port.nodePort, port.protocol))) {
      errors.push(invalid(field, port.nodePort, "provided port is already allocated"));
    }
    numbers.add(port.nodePort);
    taken.add(key(port.nodePort, port.protocol));
  }
  if (errors.length > 0 || !needsNodePorts(spec)) return errors;
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort) continue;
    const twin = spec.ports?.find(
      (one) => one.port === port.port && one.nodePort && one.protocol !== port.protocol,
    );
    port.nodePort = twin?.nodePort ?? freePort(range, numbers);
    if (!port.nodePort) {
      return [invalid(`spec.ports[${index}].nodePort`, 0, "failed to allocate a nodePort: range is full")];
    }
    numbers.add(port.nodePort);
  }
  return [];
}

function freePort(range: { from: number; to: number }, taken: Set<number>): number | undefined {
  const size = range.to - range.from + 1;
  const band = size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
  const start = randomInt(Math.max(1, size - band));
  for (let step = 0; step < size; step += 1) {
    const offset = step < size - band ? band + ((start + step) % (size - band)) : step - (size - band);
    if (!taken.has(range.from + offset)) return range.from + offset;
  }
  return undefined;
}
