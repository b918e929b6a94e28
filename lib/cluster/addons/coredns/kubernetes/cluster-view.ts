import type { Clock } from "@/lib/core/clock";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import type { Informer, Informers } from "@/lib/cluster/client/informers";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { EndpointSlice } from "@/lib/cluster/resources/types";
import type { KubernetesView } from "./view";

const review = (group: string, plural: string): ResourceRef => ({
  group: `${group}.k8s.io`,
  version: "v1",
  plural,
});

interface TokenStatus {
  authenticated?: boolean;
  error?: string;
  user?: { username?: string; groups?: string[] };
}

/** The cluster as its informers have it, with indexes for what every query needs. */
export function clusterView(
  informers: Informers,
  client: ClusterClient,
  clock: Clock,
): KubernetesView & { stop(): void } {
  let modifiedAtMs = clock.now();
  const slices = new Map<string, Map<string, EndpointSlice>>();
  const keyOf = (slice: EndpointSlice) =>
    `${slice.metadata.namespace}/${slice.metadata.labels?.["kubernetes.io/service-name"]}`;
  const place = (now: EndpointSlice | undefined, old: EndpointSlice | undefined) => {
    if (old) slices.get(keyOf(old))?.delete(old.metadata.name);
    if (old && slices.get(keyOf(old))?.size === 0) slices.delete(keyOf(old));
    if (!now) return;
    const known = slices.get(keyOf(now)) ?? new Map<string, EndpointSlice>();
    slices.set(keyOf(now), known.set(now.metadata.name, now));
  };
  for (const slice of informers.endpointSlices.list()) place(slice, undefined);
  const touched = <T extends KubeObject>(informer: Informer<T>) =>
    informer.onChange(() => (modifiedAtMs = clock.now()));
  const releases = [
    informers.endpointSlices.onChange(place),
    touched(informers.endpointSlices),
    touched(informers.services),
    touched(informers.namespaces),
  ];
  return {
    service: (namespace, name) => informers.services.get(namespace, name),
    services: () => informers.services.list(),
    slicesOf: (namespace, service) => [...(slices.get(`${namespace}/${service}`)?.values() ?? [])],
    slices: () => informers.endpointSlices.list(),
    hasNamespace: (name) => informers.namespaces.get(undefined, name) !== undefined,
    hasPodIp: (namespace, ip) =>
      informers.pods
        .list(namespace)
        .some(
          ({ status }) => status?.podIP === ip && status.phase !== "Succeeded" && status.phase !== "Failed",
        ),
    modifiedAtMs: () => modifiedAtMs,
    async userOf(token) {
      const { status } = await client.create<KubeObject & { status?: TokenStatus }>(
        review("authentication", "tokenreviews"),
        reviewObject("authentication", "TokenReview", { token }),
      );
      if (!status?.authenticated) throw new Error(status?.error ?? "Unauthorized");
      return { name: status.user?.username ?? "", groups: status.user?.groups ?? [] };
    },
    async mayList(user, group, resource) {
      const { status } = await client.create<KubeObject & { status?: { allowed?: boolean } }>(
        review("authorization", "subjectaccessreviews"),
        reviewObject("authorization", "SubjectAccessReview", {
          user: user.name,
          groups: user.groups,
          resourceAttributes: { verb: "list", group, resource },
        }),
      );
      return status?.allowed === true;
    },
    stop() {
      for (const release of releases) release();
    },
  };
}

function reviewObject(group: string, kind: string, spec: unknown): KubeObject {
  return { apiVersion: `${group}.k8s.io/v1`, kind, metadata: { name: "" }, spec } as KubeObject;
}
