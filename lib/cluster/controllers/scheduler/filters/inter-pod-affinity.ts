import type { Pod } from "@/lib/cluster/resources/types";
import { relationsOf, termsOf, type Relation } from "../pod-affinity";
import type { NodeInfo, Snapshot } from "../snapshot";
import { check, never, perhaps, skip, type Filter } from "./filter";

/** kubernetes 1.34 plugins/interpodaffinity/filtering.go, both ways: what the pod wants and what those there shun. */
export const interPodAffinity: Filter = {
  name: "InterPodAffinity",
  prepare(pod, snapshot) {
    const { near, apart } = termsOf(pod);
    const relation = relationsOf(pod, snapshot);
    const keys = near.map(({ topologyKey }) => topologyKey);
    const found = (
      of: (relation: Relation) => readonly string[],
      among: (info: NodeInfo) => readonly Pod[],
    ) => domains(snapshot, among, (other) => of(relation(other)));
    const shunned = found(
      ({ shuns }) => shuns,
      ({ podsWithAffinity }) => podsWithAffinity,
    );
    if (near.length + apart.length + shunned.size === 0) return skip;
    const all = ({ pods }: NodeInfo) => pods;
    const wanted = keys.length > 0 ? found(({ isWanted }) => (isWanted ? keys : []), all) : new Set();
    const unwanted = apart.length > 0 ? found((one) => one.unwanted, all) : new Set();
    // The first pod of a group that wants its own kind must be able to start.
    const isFirst = wanted.size === 0 && near.every((term) => term.matches(pod, snapshot));
    return check(({ labels }) => {
      if (!keys.every((key) => key in labels)) return never("node(s) didn't match pod affinity rules");
      if (!isFirst && !keys.every((key) => wanted.has(domain(key, labels))))
        return never("node(s) didn't match pod affinity rules");
      const isIn = (set: ReadonlySet<unknown>) =>
        set.size > 0 && Object.keys(labels).some((key) => set.has(domain(key, labels)));
      if (isIn(unwanted)) return perhaps("node(s) didn't match pod anti-affinity rules");
      if (isIn(shunned)) return perhaps("node(s) didn't satisfy existing pods anti-affinity rules");
      return undefined;
    });
  },
};

const domain = (key: string, labels: NodeInfo["labels"]) => `${key}=${labels[key]}`;

/** The topology domains, as "key=value", of nodes that have a pod for which `keysOf` names the key. */
function domains(
  { nodes }: Snapshot,
  among: (info: NodeInfo) => readonly Pod[],
  keysOf: (other: Pod) => readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const info of nodes)
    for (const other of among(info))
      for (const key of keysOf(other)) if (key in info.labels) found.add(domain(key, info.labels));
  return found;
}
