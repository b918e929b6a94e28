import { isIP } from "node:net";
import type { Service } from "@/lib/cluster/resources/types";
import { annotation } from "../types";
import { quoted, type Allocator } from "./allocator";

export interface Said {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export interface Converged {
  ips: string[];
  /** What becomes events of the Service. */
  said: Said[];
}

/** Gives a Service of type LoadBalancer its addresses, or says why not (metallb controller/service.go: convergeBalancer). */
export function converge(key: string, service: Service, allocator: Allocator): Converged {
  const said: Said[] = [];
  let ips = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  if (ips.length === 0) allocator.unassign(key);
  const clear = () => {
    allocator.unassign(key);
    ips = [];
  };
  if (ips.length > 0) {
    try {
      allocator.assign(key, service, ips);
    } catch (failure) {
      const message = `current IP for "${key}" not allowed by config, will attempt for new IP assignment: ${(failure as Error).message}`;
      said.push({ type: "Normal", reason: "ClearAssignment", message });
      clear();
    }
    const pool = annotation(service, "address-pool");
    if (ips.length > 0 && pool !== "" && allocator.poolOf(key) !== pool) clear();
    try {
      const wanted = wantedIps(service);
      if (wanted.length > 0 && [...wanted].sort().join() !== [...ips].sort().join()) clear();
    } catch (failure) {
      const message = `invalid requested loadbalancer IPs: ${(failure as Error).message}`;
      said.push({ type: "Warning", reason: "LoadBalancerFailed", message });
      return { ips, said };
    }
  }
  if (ips.length > 0) return { ips, said };
  try {
    ips = allocate(key, service, allocator);
    said.push({ type: "Normal", reason: "IPAllocated", message: `Assigned IP ${quoted(ips)}` });
  } catch (failure) {
    const message = `Failed to allocate IP for "${key}": ${(failure as Error).message}`;
    said.push({ type: "Warning", reason: "AllocationFailed", message });
  }
  return { ips, said };
}

function allocate(key: string, service: Service, allocator: Allocator): string[] {
  const wanted = wantedIps(service);
  const pool = annotation(service, "address-pool");
  if (wanted.length === 0)
    return pool === "" ? allocator.allocate(key, service) : allocator.allocateFrom(pool, key, service);
  if (wanted.some((ip) => isIP(ip) === 6))
    throw new Error(
      `requested loadBalancer IP(s) ${quoted(wanted)} does not match the ipFamily of the service`,
    );
  allocator.assign(key, service, wanted);
  if (pool === "" || allocator.poolOf(key) === pool) return wanted;
  allocator.unassign(key);
  throw new Error(
    `requested loadBalancer IP(s) ${quoted(wanted)} is not compatible with requested address pool ${pool}`,
  );
}

function wantedIps(service: Service): string[] {
  const annotated = annotation(service, "loadBalancerIPs");
  const { loadBalancerIP = "" } = service.spec;
  if (annotated === "" && loadBalancerIP === "") return [];
  if (annotated !== "" && loadBalancerIP !== "")
    throw new Error("service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP");
  if (annotated === "") {
    if (!isIP(loadBalancerIP)) throw new Error(`invalid spec.loadBalancerIP "${loadBalancerIP}"`);
    return [loadBalancerIP];
  }
  const ips = annotated.split(",").map((text) => text.trim());
  if (!ips.every((ip) => isIP(ip))) throw new Error(`invalid metallb.io/loadBalancerIPs: "${annotated}"`);
  return ips;
}
