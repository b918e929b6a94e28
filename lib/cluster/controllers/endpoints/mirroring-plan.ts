import { isIPv4, isIPv6 } from "node:net";
import type { Endpoint, EndpointSlice, Endpoints, Service } from "@/lib/cluster/resources/types";
import { canonical, controllerRef } from "../pods";
import { managedByLabel, serviceNameLabel, type SliceWrite } from "./plan";

/** kubernetes 1.34 pkg/controller/endpointslicemirroring: which Endpoints are copied to slices, and how. */

export const mirrorController = "endpointslicemirroring-controller.k8s.io";
export const maxPerSubset = 1000;
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const ownAnnotations = new Set([
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubectl.kubernetes.io/last-applied-configuration",
]);

/** Those of a Service without selector, unless they say that they are no addresses of it. */
export function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  if (!service || Object.keys(service.spec.selector ?? {}).length > 0) return false;
  if (metadata.deletionTimestamp || service.metadata.deletionTimestamp) return false;
  return metadata.labels?.[skipLabel] !== "true" && metadata.annotations?.[leaderAnnotation] === undefined;
}

type Wanted = Required<Pick<EndpointSlice, "addressType" | "ports" | "endpoints">>;

/** One slice for each set of ports and each family of addresses. */
function wantedMirrors({ subsets = [] }: Endpoints): Wanted[] {
  const byKey = new Map<string, Wanted>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const slicePorts = ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
      ...{ name, port, protocol },
      ...(appProtocol ? { appProtocol } : {}),
    }));
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ];
    for (const { address, ready } of all
      .filter(({ address: { ip } }) => isIPv4(ip) || isIPv6(ip))
      .slice(0, maxPerSubset)) {
      const addressType = isIPv4(address.ip) ? "IPv4" : "IPv6";
      const key = canonical([addressType, slicePorts]);
      const wanted: Wanted = byKey.get(key) ?? { addressType, ports: slicePorts, endpoints: [] };
      byKey.set(key, wanted);
      const endpoint: Endpoint = {
        addresses: [address.ip],
        conditions: { ready },
        ...(address.hostname ? { hostname: address.hostname } : {}),
        ...(address.nodeName ? { nodeName: address.nodeName } : {}),
        ...(address.targetRef ? { targetRef: address.targetRef } : {}),
      };
      if (!wanted.endpoints.some(({ addresses: [ip] }) => ip === address.ip)) wanted.endpoints.push(endpoint);
    }
  }
  return [...byKey.values()];
}

/** The writes that make `present` the mirror of `endpoints`; without any, all go. */
export function planMirror(endpoints: Endpoints | undefined, present: EndpointSlice[]): SliceWrite[] {
  const free = [...present];
  const writes: SliceWrite[] = [];
  for (const wanted of endpoints ? wantedMirrors(endpoints) : []) {
    const { metadata } = endpoints!;
    const labels = {
      ...metadata.labels,
      [serviceNameLabel]: metadata.name,
      [managedByLabel]: mirrorController,
    };
    const given = Object.entries(metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
    const annotations = given.length > 0 ? Object.fromEntries(given) : undefined;
    const same = free.findIndex(
      (slice) =>
        slice.addressType === wanted.addressType && canonical(slice.ports ?? []) === canonical(wanted.ports),
    );
    const [slice] = same < 0 ? [] : free.splice(same, 1);
    if (!slice)
      writes.push({
        kind: "create",
        slice: {
          apiVersion: "discovery.k8s.io/v1",
          kind: "EndpointSlice",
          metadata: {
            name: "",
            generateName: `${metadata.name}-`,
            namespace: metadata.namespace,
            labels,
            ...(annotations ? { annotations } : {}),
            ownerReferences: [controllerRef({ ...endpoints!, apiVersion: "v1", kind: "Endpoints" })],
          },
          ...wanted,
        },
      });
    else if (
      canonical([slice.endpoints ?? [], slice.metadata.labels, slice.metadata.annotations ?? {}]) !==
      canonical([wanted.endpoints, labels, annotations ?? {}])
    )
      writes.push({
        kind: "update",
        slice: { ...slice, metadata: { ...slice.metadata, labels, annotations }, ...wanted },
      });
  }
  return [...writes, ...free.map((slice) => ({ kind: "delete" as const, slice }))];
}
