import type { NodeSelectorTerm } from "@/lib/cluster/resources/types";
import { nodeMatches } from "../node-affinity";
import { never, skip, type Filter } from "./filter";

/** kubernetes 1.34 plugins/nodeaffinity: nodeSelector and required node affinity. */
export const nodeAffinity: Filter = {
  name: "NodeAffinity",
  prepare({ spec }) {
    const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && !spec.nodeSelector) return skip;
    const onlyNodes = required && namedNodes(required.nodeSelectorTerms);
    if (onlyNodes?.size === 0) return { kind: "refuse", reason: "pod affinity terms conflict" };
    return {
      kind: "check",
      ...(onlyNodes ? { onlyNodes } : {}),
      check: ({ node }) =>
        nodeMatches(spec, node) ? undefined : never("node(s) didn't match Pod's node affinity/selector"),
    };
  },
};

/** The nodes that all terms name by metadata.name; undefined when a term names none. */
function namedNodes(terms: NodeSelectorTerm[]): Set<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let names: string[] | undefined;
    for (const { key, operator, values = [] } of matchFields)
      if (key === "metadata.name" && operator === "In")
        names = names ? names.filter((name) => values.includes(name)) : values;
    if (!names) return undefined;
    for (const name of names) all.add(name);
  }
  return terms.length > 0 ? all : undefined;
}
