import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { Pod, PodAffinity, PodAffinityTerm } from "@/lib/cluster/resources/types";
import type { Snapshot } from "./snapshot";
import { selectorWithKeys } from "./topology";

export interface AffinityTerm {
  topologyKey: string;
  /** Of preferences; 0 of requirements. */
  weight: number;
  matches(other: Pod, snapshot: Snapshot): boolean;
}

/** All a pod says of others. */
export interface PodTerms {
  near: AffinityTerm[];
  apart: AffinityTerm[];
  preferNear: AffinityTerm[];
  preferApart: AffinityTerm[];
}

const known = new WeakMap<Pod, PodTerms>();

/** The terms of a pod, ready to be asked about other pods (kube-scheduler framework.AffinityTerm). */
export function termsOf(pod: Pod): PodTerms {
  let terms = known.get(pod);
  if (!terms) {
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    terms = {
      near: required(podAffinity, pod),
      apart: required(podAntiAffinity, pod),
      preferNear: preferred(podAffinity, pod),
      preferApart: preferred(podAntiAffinity, pod),
    };
    known.set(pod, terms);
  }
  return terms;
}

const required = (affinity: PodAffinity | undefined, owner: Pod) =>
  (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => termOf(term, 0, owner));

const preferred = (affinity: PodAffinity | undefined, owner: Pod) =>
  (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) =>
    termOf(podAffinityTerm, weight, owner),
  );

function termOf(term: PodAffinityTerm, weight: number, owner: Pod): AffinityTerm {
  const selects = selectorWithKeys(term.labelSelector, owner, term.matchLabelKeys, term.mismatchLabelKeys);
  const hasNamespaces = (term.namespaces ?? []).length > 0;
  const names = new Set(
    hasNamespaces || term.namespaceSelector ? (term.namespaces ?? []) : [owner.metadata.namespace ?? ""],
  );
  const selectsNamespace = selectorOf(term.namespaceSelector);
  return {
    topologyKey: term.topologyKey,
    weight,
    matches: ({ metadata: { namespace = "", labels } }, { namespaceLabels }) =>
      (names.has(namespace) || selectsNamespace(namespaceLabels(namespace))) && selects(labels),
  };
}

/** What the incoming pod and one that is there are to each other. */
export interface Relation {
  /** All required affinity terms of the incoming pod match the other. */
  isWanted: boolean;
  /** Topology keys within which the incoming pod does not want the other. */
  unwanted: readonly string[];
  /** Topology keys within which the other does not want the incoming pod. */
  shuns: readonly string[];
}

const relations = new WeakMap<object, Map<Pod, Map<Pod, Relation>>>();

/** Worked out once a cycle, however often a node is tried without some of its pods. */
export function relationsOf(pod: Pod, snapshot: Snapshot): (other: Pod) => Relation {
  let ofCycle = relations.get(snapshot.cycle);
  if (!ofCycle) relations.set(snapshot.cycle, (ofCycle = new Map<Pod, Map<Pod, Relation>>()));
  let ofPod = ofCycle.get(pod);
  if (!ofPod) ofCycle.set(pod, (ofPod = new Map<Pod, Relation>()));
  const memo = ofPod;
  const { near, apart } = termsOf(pod);
  const keys = (terms: AffinityTerm[], other: Pod) =>
    terms.filter((term) => term.matches(other, snapshot)).map(({ topologyKey }) => topologyKey);
  return (other) => {
    let relation = memo.get(other);
    if (!relation) {
      const { podAntiAffinity } = other.spec.affinity ?? {};
      relation = {
        isWanted: near.length > 0 && near.every((term) => term.matches(other, snapshot)),
        unwanted: keys(apart, other),
        shuns: podAntiAffinity && !isOverlong(other) ? keys(termsOf(other).apart, pod) : [],
      };
      memo.set(other, relation);
    }
    return relation;
  };
}

/** Upstream has no such limit; here many clusters share a process, and the work grows with pods times terms. */
export const rulesBytesMax = 64 << 10;

const lengths = new WeakMap<Pod["spec"], number>();

/** Whether what a pod says of nodes and other pods is more than the scheduler looks at. */
export function isOverlong({ spec }: Pod): boolean {
  if (!spec.affinity && !spec.topologySpreadConstraints) return false;
  let bytes = lengths.get(spec);
  if (bytes === undefined) {
    bytes = JSON.stringify([spec.affinity, spec.topologySpreadConstraints]).length;
    lengths.set(spec, bytes);
  }
  return bytes > rulesBytesMax;
}
