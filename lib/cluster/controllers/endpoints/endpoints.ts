import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { Endpoints, EndpointSlice, Pod } from "@/lib/cluster/resources/types";
import { keyOf, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { canonical } from "../pods";
import { managedByLabel, plannedEndpoints, planSlices, serviceNameLabel, sliceController } from "./plan";

/** Keeps EndpointSlices and Endpoints of Services that select pods. */
export function runEndpoints(context: ControllerContext): Running {
  const { informers, client } = context;
  const relevant = (pod: Pod | undefined) =>
    pod &&
    canonical([
      pod.metadata.labels,
      pod.metadata.deletionTimestamp,
      pod.status?.podIP,
      pod.status?.phase,
      pod.status?.conditions?.find(({ type }) => type === "Ready")?.status,
    ]);
  return runLoop(context, {
    name: "endpoints",
    initial: () => informers.services.list().map(keyOf),
    watch: (add) => [
      informers.services.onChange((now, old) => add(keyOf(now ?? old!))),
      informers.pods.onChange((now, old) => {
        if (relevant(now) === relevant(old)) return;
        for (const service of informers.services.list((now ?? old!).metadata.namespace)) {
          const selector = Object.entries(service.spec.selector ?? {});
          const selects = (pod: Pod | undefined) =>
            pod && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
          if (selector.length > 0 && (selects(now) || selects(old))) add(keyOf(service));
        }
      }),
      informers.endpointSlices.onChange((now, old) => {
        const slice = now ?? old!;
        const service = slice.metadata.labels?.[serviceNameLabel];
        if (service && slice.metadata.labels?.[managedByLabel] === sliceController)
          add(`${slice.metadata.namespace}/${service}`);
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = informers.services.get(namespace, name);
      // What a deleted Service leaves is collected by its owner reference; Endpoints have its name only.
      if (!service) return removeEndpoints(namespace, name);
      if (service.metadata.deletionTimestamp) return;
      const pods = informers.pods.list(namespace);
      const present = informers.endpointSlices
        .list(namespace)
        .filter(
          ({ metadata }) =>
            metadata.labels?.[serviceNameLabel] === name &&
            metadata.labels[managedByLabel] === sliceController,
        );
      for (const { kind, slice } of planSlices(service, pods, present)) {
        if (kind === "create")
          await informers.endpointSlices.reached(
            await client.create<EndpointSlice>(refs.endpointSlices, slice),
          );
        else if (kind === "update")
          await informers.endpointSlices.reached(
            await client.update<EndpointSlice>(refs.endpointSlices, slice),
          );
        else {
          await client
            .delete(refs.endpointSlices, namespace, slice.metadata.name)
            .catch((failure: unknown) => {
              if (!isNotFound(failure)) throw failure;
            });
          await informers.endpointSlices.until(
            () => !informers.endpointSlices.get(namespace, slice.metadata.name),
          );
        }
      }
      const before = informers.endpoints.get(namespace, name);
      const planned = plannedEndpoints(service, pods, before);
      if (!planned) return;
      const written = before
        ? await client.update<Endpoints>(refs.endpoints, planned)
        : await client.create<Endpoints>(refs.endpoints, planned);
      await informers.endpoints.reached(written);
    },
  });

  async function removeEndpoints(namespace: string, name: string): Promise<void> {
    const left = informers.endpoints.get(namespace, name);
    if (left?.metadata.labels?.["endpoints.kubernetes.io/managed-by"] !== "endpoint-controller") return;
    await client.delete(refs.endpoints, namespace, name).catch((failure: unknown) => {
      if (!isNotFound(failure)) throw failure;
    });
  }
}
