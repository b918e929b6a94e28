import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { ConfigMap } from "@/lib/cluster/resources/types";
import type { Peer } from "./ring";

const annotation = "kube-peers.weave.works/peers";
const namespace = "kube-system";
const name = "weave-net";

/** The peers that have ever joined, oldest first (weaveworks/weave prog/kube-utils: its ConfigMap weave-net). */
export function peersOf(configMap: ConfigMap | undefined): Peer[] {
  try {
    const { Peers } = JSON.parse(configMap?.metadata.annotations?.[annotation] ?? "{}") as { Peers?: Peer[] };
    return Array.isArray(Peers) ? Peers : [];
  } catch {
    return [];
  }
}

/** Adds the peer unless its node is there, and returns all. A node that comes back keeps its place, hence its range. */
export async function joinPeers(client: ClusterClient, peer: Peer): Promise<Peer[]> {
  for (;;) {
    try {
      const present = await client
        .get<ConfigMap>(refs.configMaps, namespace, name)
        .catch((failure: unknown) => {
          if (!isNotFound(failure)) throw failure;
          return client.create<ConfigMap>(refs.configMaps, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name, namespace, annotations: { [annotation]: JSON.stringify({ Peers: [] }) } },
          });
        });
      const peers = peersOf(present);
      const known = peers.find(({ NodeName }) => NodeName === peer.NodeName);
      if (known?.PeerName === peer.PeerName) return peers;
      const next = known ? peers.map((one) => (one === known ? peer : one)) : [...peers, peer];
      const { annotations } = present.metadata;
      await client.update<ConfigMap>(refs.configMaps, {
        ...present,
        metadata: {
          ...present.metadata,
          annotations: { ...annotations, [annotation]: JSON.stringify({ Peers: next }) },
        },
      });
      return next;
    } catch (failure) {
      if (!isConflict(failure) && !isAlreadyExists(failure)) throw failure;
    }
  }
}
