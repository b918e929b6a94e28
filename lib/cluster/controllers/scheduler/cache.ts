import type { Informers } from "@/lib/cluster/client/informers";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "@/lib/cluster/resources/types";
import { controllerOf } from "../pods";
import { NodeInfo, type Snapshot } from "./snapshot";
import type { Placement } from "./volumes";

const selectedNode = "volume.kubernetes.io/selected-node";

/**
 * What the scheduler knows of the cluster: the informers' objects, kept by node, and its own decisions that they do not
 * show yet. Each cycle sees those of the cycles before it.
 */
export class SchedulerCache {
  readonly #podsByNode = new Map<string, Map<string, Pod>>();
  readonly #assumed = new Map<string, Pod>();
  readonly #nominations = new Map<string, Pod>();
  readonly #assumedVolumes = new Map<string, PersistentVolume>();
  readonly #assumedClaims = new Map<string, PersistentVolumeClaim>();
  readonly #infos = new Map<string, NodeInfo>();

  constructor(private readonly informers: Informers) {
    for (const pod of informers.pods.list()) this.podChanged(pod, undefined);
  }

  podChanged(now: Pod | undefined, old: Pod | undefined): void {
    const { uid = "" } = (now ?? old)!.metadata;
    if (old?.spec.nodeName && old.metadata.uid) this.#take(old.spec.nodeName, old.metadata.uid);
    if (now?.spec.nodeName || !now) this.forget(uid);
    if (now?.spec.nodeName && isTaking(now)) this.#put(now.spec.nodeName, uid, now);
    if (now && !now.spec.nodeName && now.status?.nominatedNodeName) this.#nominations.set(uid, now);
    else this.#nominations.delete(uid);
  }

  /** The pod counts on the node from now on, though it is not bound yet. */
  assume(pod: Pod, nodeName: string): void {
    const uid = pod.metadata.uid!;
    const assumed = { ...pod, spec: { ...pod.spec, nodeName } };
    this.#assumed.set(uid, assumed);
    this.#nominations.delete(uid);
    this.#put(nodeName, uid, assumed);
  }

  /** Takes an assumption back: the pod is bound, gone, or could not be bound. */
  forget(uid: string): void {
    const assumed = this.#assumed.get(uid);
    if (!assumed) return;
    this.#assumed.delete(uid);
    this.#take(assumed.spec.nodeName!, uid);
  }

  nominate(pod: Pod, nodeName: string): void {
    if (nodeName) this.#nominations.set(pod.metadata.uid!, withNomination(pod, nodeName));
    else this.#nominations.delete(pod.metadata.uid!);
  }

  /** The volumes count as bound to the claims. Returns the release. */
  assumeVolumes({ bind, provision }: Placement, nodeName: string): () => void {
    for (const { claim, volume } of bind) {
      const { name, namespace, uid } = claim.metadata;
      this.#assumedVolumes.set(volume.metadata.name, {
        ...volume,
        spec: { ...volume.spec, claimRef: { kind: "PersistentVolumeClaim", name, namespace, uid } },
      });
    }
    for (const claim of provision) {
      const annotations = { ...claim.metadata.annotations, [selectedNode]: nodeName };
      this.#assumedClaims.set(claimKey(claim.metadata.namespace ?? "", claim.metadata.name), {
        ...claim,
        metadata: { ...claim.metadata, annotations },
      });
    }
    return () => {
      for (const { volume } of bind) this.#assumedVolumes.delete(volume.metadata.name);
      for (const { metadata } of provision)
        this.#assumedClaims.delete(claimKey(metadata.namespace ?? "", metadata.name));
    };
  }

  snapshot(): Snapshot {
    const { informers } = this;
    const nominated = new Map<string, Pod[]>();
    for (const pod of this.#nominations.values()) {
      const name = pod.status!.nominatedNodeName!;
      nominated.set(name, [...(nominated.get(name) ?? []), pod]);
    }
    return {
      cycle: {},
      nodes: informers.nodes
        .list()
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map((node) => this.#info(node)),
      namespaceLabels: (name) => informers.namespaces.get(undefined, name)?.metadata.labels,
      claim: (namespace, name) =>
        this.#assumedClaims.get(claimKey(namespace, name)) ??
        informers.persistentVolumeClaims.get(namespace, name),
      volume: (name) => this.#assumedVolumes.get(name) ?? informers.persistentVolumes.get(undefined, name),
      volumes: () =>
        informers.persistentVolumes
          .list()
          .map((volume) => this.#assumedVolumes.get(volume.metadata.name) ?? volume),
      storageClass: (name) => informers.storageClasses.get(undefined, name),
      budgets: () => informers.podDisruptionBudgets.list(),
      selectorsOf: (pod) => this.#selectorsOf(pod),
      nominated: (name) => nominated.get(name) ?? [],
    };
  }

  #info(node: NodeInfo["node"]): NodeInfo {
    const { name } = node.metadata;
    const known = this.#infos.get(name);
    if (known?.node === node) return known;
    const info = new NodeInfo(node, [...(this.#podsByNode.get(name)?.values() ?? [])]);
    this.#infos.set(name, info);
    return info;
  }

  /** helper.DefaultSelector: the Services that select the pod, and its controller's own selector. */
  #selectorsOf(pod: Pod) {
    const { namespace = "", labels = {} } = pod.metadata;
    const services = this.informers.services.list(namespace).flatMap(({ spec: { selector } = {} }) => {
      const wanted = Object.entries(selector ?? {});
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
        ? [{ matchLabels: selector! }]
        : [];
    });
    const owner = controllerOf(pod);
    const controllers: Record<
      string,
      typeof this.informers.replicaSets | typeof this.informers.statefulSets
    > = {
      ReplicaSet: this.informers.replicaSets,
      StatefulSet: this.informers.statefulSets,
    };
    const selector = owner && controllers[owner.kind]?.get(namespace, owner.name)?.spec.selector;
    return selector ? [...services, selector] : services;
  }

  #put(nodeName: string, uid: string, pod: Pod): void {
    let pods = this.#podsByNode.get(nodeName);
    if (!pods) this.#podsByNode.set(nodeName, (pods = new Map<string, Pod>()));
    pods.set(uid, pod);
    this.#infos.delete(nodeName);
  }

  #take(nodeName: string, uid: string): void {
    const pods = this.#podsByNode.get(nodeName);
    if (!pods?.delete(uid)) return;
    if (pods.size === 0) this.#podsByNode.delete(nodeName);
    this.#infos.delete(nodeName);
  }
}

const claimKey = (namespace: string, name: string) => `${namespace}/${name}`;

/** Finished pods take nothing; terminating ones do until they are gone. */
function isTaking({ status }: Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

const withNomination = (pod: Pod, nominatedNodeName: string): Pod => ({
  ...pod,
  status: { ...pod.status, nominatedNodeName },
});
