import { selectorOf } from "@/lib/cluster/client/label-selector";
import { gatewayGroup, type ParentReference, type Route } from "@/lib/cluster/addons/gateway-api/types";
import { isFalse, type Finding } from "./conditions";
import type { GatewayState, Inputs, ListenerState } from "./graph";
import { servedHosts } from "./hostnames";

export interface Attachment {
  listener: ListenerState;
  hosts: string[];
}

/** Where a route is attached through one of its parentRefs, or why nowhere. */
export function attachRoute(
  route: Route,
  parentRef: ParentReference,
  { isValid, gateway, listeners }: GatewayState,
  inputs: Inputs,
): Attachment[] | Finding {
  const not = (reason: string, message: string) => isFalse("Accepted", reason, message);
  if (!isValid) return not("InvalidGateway", "The Gateway is invalid");
  const named = listeners.filter(
    ({ listener }) =>
      (parentRef.sectionName ?? listener.name) === listener.name &&
      (parentRef.port ?? listener.port) === listener.port,
  );
  if (named.length === 0) return not("NoMatchingParent", "The Listener is not found for this parent ref");
  const attachable = named.filter(({ isAttachable }) => isAttachable);
  if (attachable.length === 0) return not("InvalidListener", "The Listener is invalid for this parent ref");
  const allowing = attachable.filter((listener) =>
    allows(listener, route, gateway.metadata.namespace!, inputs),
  );
  if (allowing.length === 0) return not("NotAllowedByListeners", "The Route is not allowed by any listener");
  const attachments = allowing.flatMap((listener): Attachment[] => {
    const hosts = servedHosts(
      listener.hostname,
      route.spec.hostnames?.map((host) => host.toLowerCase()),
    );
    return hosts ? [{ listener, hosts }] : [];
  });
  if (attachments.length === 0)
    return not("NoMatchingListenerHostname", "The Listener hostname does not match the Route hostnames");
  return attachments;
}

/** Whether a parentRef means a gateway, and which: "namespace/name". */
export function gatewayOf(
  route: Route,
  { group, kind, namespace, name }: ParentReference,
): string | undefined {
  if ((group ?? gatewayGroup) !== gatewayGroup || (kind ?? "Gateway") !== "Gateway") return undefined;
  return `${namespace ?? route.metadata.namespace}/${name}`;
}

function allows(
  { listener, supportedKinds }: ListenerState,
  route: Route,
  gatewayNamespace: string,
  inputs: Inputs,
): boolean {
  if (!supportedKinds.some(({ kind }) => kind === route.kind)) return false;
  const { from = "Same", selector } = listener.allowedRoutes?.namespaces ?? {};
  const namespace = route.metadata.namespace!;
  if (from === "All") return true;
  if (from === "Same") return namespace === gatewayNamespace;
  if (from !== "Selector") return false;
  const labels = inputs.namespace(namespace)?.metadata.labels;
  return selectorOf(selector ?? {})(labels);
}
