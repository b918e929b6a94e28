import type { KubeObject } from "@/lib/cluster/resources/kind";
import { hasReason, isNotFound } from "@/lib/cluster/client/status";
import { isIPv6 } from "node:net";
import type { Api } from "../api";
import { createObject } from "./create";
import { deleteObject } from "./delete";
import { internalContext } from "./registry";
import { collectionId } from "../store/store";

const context = internalContext("kube-apiserver");
const family = "ipaddress.kubernetes.io/ip-family";
const managedBy = "ipaddress.kubernetes.io/managed-by";
const manager = "ipallocator.k8s.io";

interface Service extends KubeObject {
  spec: { clusterIP?: string; clusterIPs?: string[] };
}

const addressesOf = (service: Service) =>
  (service.spec.clusterIPs ?? [service.spec.clusterIP ?? ""]).filter((ip) => ip !== "" && ip !== "None");

/**
 * Keeps an IPAddress for every ClusterIP (kubernetes 1.34 pkg/registry/core/service/ipallocator). Services are what is
 * allocated from; these objects tell of it. Returns the release.
 */
export function keepServiceAddresses(api: Api): () => void {
  const { registry, logger } = api;
  const addresses = registry.resource({ group: "networking.k8s.io", version: "v1", plural: "ipaddresses" });
  const services = registry.store.collection(collectionId("", "services"));
  let turn: Promise<void> = Promise.resolve();
  const enqueue = (work: () => Promise<unknown>) => {
    turn = turn
      .then(work)
      .then(() => undefined)
      .catch((failure: unknown) => logger.error({ err: failure }, "an IP address could not be recorded"));
  };

  const record = async (ip: string, { metadata: { namespace, name } }: Service) => {
    if (addresses.collection.get(undefined, ip)) return;
    await createObject(
      registry,
      addresses,
      undefined,
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "IPAddress",
        metadata: { name: ip, labels: { [family]: isIPv6(ip) ? "IPv6" : "IPv4", [managedBy]: manager } },
        spec: { parentRef: { group: "", resource: "services", namespace, name } },
      },
      context,
    ).catch((failure: unknown) => {
      if (!hasReason(failure, "AlreadyExists")) throw failure;
    });
  };
  const forget = async (ip: string) => {
    if (!addresses.collection.get(undefined, ip)) return;
    await deleteObject(registry, addresses, undefined, ip, context).catch((failure: unknown) => {
      if (!isNotFound(failure)) throw failure;
    });
  };

  for (const { object } of services.list())
    for (const ip of addressesOf(object as Service)) enqueue(() => record(ip, object as Service));
  return services.subscribe(({ type, entry, previous }) => {
    const service = entry.object as Service;
    const now = type === "DELETED" ? [] : addressesOf(service);
    const then = previous ? addressesOf(previous.object as Service) : [];
    for (const ip of then) if (!now.includes(ip)) enqueue(() => forget(ip));
    for (const ip of now) if (!then.includes(ip)) enqueue(() => record(ip, service));
  });
}
