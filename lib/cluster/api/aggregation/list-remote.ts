import type { KubeList, ListOptions, ResourceRef } from "@/lib/cluster/client/client";
import { serviceUnavailable } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api } from "../api";
import { checkAllowed } from "../authz/check";
import type { UserInfo } from "../types";
import { frontProxyHeaders, rootOf, type RemoteService } from "./remote-service";

const timeoutMs = 10_000;

/** A list of an aggregated server, for clients in this process. Throws 503 where it is away. */
export async function listRemote<T extends KubeObject>(
  api: Api,
  remote: RemoteService,
  { group, version, plural }: ResourceRef,
  { namespace, labelSelector, fieldSelector }: ListOptions,
  user: UserInfo,
): Promise<KubeList<T>> {
  checkAllowed(api.authorizer, {
    ...{ user, verb: "list", group, version, resource: plural },
    ...{ subresource: "", name: "", namespace: namespace ?? "" },
  });
  const away = () =>
    serviceUnavailable(`the server is currently unable to handle the request (get ${plural}.${group})`);
  if (!remote.isAvailable) throw away();
  const query = new URLSearchParams({
    ...(labelSelector ? { labelSelector } : {}),
    ...(fieldSelector ? { fieldSelector } : {}),
  });
  const place = namespace ? `/namespaces/${namespace}/${plural}` : `/${plural}`;
  const path = `${rootOf(remote)}${place}${query.size > 0 ? `?${query}` : ""}`;
  const headers = { ...frontProxyHeaders(user), Accept: "application/json" };
  const text = await api.backends
    .get(remote.config, path, remote.trust, headers, timeoutMs)
    .catch((cause: unknown) => {
      throw Object.assign(away(), { cause });
    });
  return JSON.parse(text) as KubeList<T>;
}
