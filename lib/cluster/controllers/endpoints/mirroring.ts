import { isIPv4, isIPv6 } from "node:net";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { EndpointSlice } from "@/lib/cluster/resources/types";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { isMirrored, maxPerSubset, mirrorController, planMirror } from "./mirroring-plan";
import { managedByLabel, serviceNameLabel } from "./plan";

/** Copies Endpoints that somebody made by hand to EndpointSlices, which is all that proxies read. */
export function runEndpointSliceMirroring(context: ControllerContext): Running {
  const { informers, client } = context;
  const recorder = recorderFor(context, "endpoint-slice-mirroring-controller");
  const mirrorsOf = (namespace: string, name: string) =>
    informers.endpointSlices
      .list(namespace)
      .filter(
        ({ metadata: { labels } }) =>
          labels?.[serviceNameLabel] === name && labels[managedByLabel] === mirrorController,
      );
  const isOurs = ({ metadata }: EndpointSlice) => metadata.labels?.[managedByLabel] === mirrorController;
  return runLoop(context, {
    name: "endpoint-slice-mirroring",
    initial: () => [...informers.endpoints.list(), ...informers.services.list()].map(keyOf),
    watch: (add) => [
      informers.endpoints.onChange((now, old) => add(keyOf(now ?? old!))),
      // A Service that loses its selector, or comes after its Endpoints.
      informers.services.onChange((now, old) => {
        const had = JSON.stringify(old?.spec.selector);
        if (!now || !old || JSON.stringify(now.spec.selector) !== had) add(keyOf(now ?? old!));
      }),
      informers.endpointSlices.onChange((now, old) => {
        const slice = now ?? old!;
        const service = slice.metadata.labels?.[serviceNameLabel];
        if (service && (isOurs(slice) || (old && isOurs(old)))) add(`${slice.metadata.namespace}/${service}`);
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = informers.services.get(namespace, name);
      const endpoints = informers.endpoints.get(namespace, name);
      const present = mirrorsOf(namespace, name);
      const source = endpoints && isMirrored(endpoints, service) ? endpoints : undefined;
      if (!source && present.length === 0) return;
      for (const { kind, slice } of planMirror(source, present)) {
        if (kind === "delete") {
          await client
            .delete(refs.endpointSlices, namespace, slice.metadata.name)
            .catch((failure: unknown) => {
              if (!isNotFound(failure)) throw failure;
            });
          await informers.endpointSlices.until(
            () => !informers.endpointSlices.get(namespace, slice.metadata.name),
          );
        } else {
          const written = await (kind === "create"
            ? client.create<EndpointSlice>(refs.endpointSlices, slice)
            : client.update<EndpointSlice>(refs.endpointSlices, slice));
          await informers.endpointSlices.reached(written);
        }
      }
      const skipped = (source?.subsets ?? [])
        .map(({ addresses = [], notReadyAddresses = [] }) => [...addresses, ...notReadyAddresses])
        .map((all) => all.filter(({ ip }) => isIPv4(ip) || isIPv6(ip)).length - maxPerSubset)
        .reduce((sum, over) => sum + Math.max(0, over), 0);
      if (source && skipped > 0)
        recorder.event(
          source,
          "Warning",
          "TooManyAddressesToMirror",
          `A max of ${maxPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
        );
    },
  });
}
