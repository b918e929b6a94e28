import type { LabelSelectorObject } from "@/lib/cluster/client/label-selector";
import type { NetworkPolicyPeer } from "@/lib/cluster/resources/types";

/** A selector as labels.Selector prints it, "app=web,tier in (a,b)"; empty for one that selects everything. */
export function describeSelector(selector: LabelSelectorObject | undefined): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const texts = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      const list = `(${[...values].sort().join(",")})`;
      const words: Record<string, string> = {
        In: `${key} in ${list}`,
        NotIn: `${key} notin ${list}`,
        Exists: key,
        DoesNotExist: `!${key}`,
      };
      return { key, text: words[operator] ?? `${key} ${operator} ${list}` };
    }),
  ];
  return texts
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(",");
}

/** In the words of weave-npc's comments. */
export function describePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  namespace: string,
): string {
  if (ipBlock) return `cidr: ${ipBlock.cidr} except [${(ipBlock.except ?? []).join(",")}]`;
  if (!namespaceSelector) return `pods: namespace: ${namespace}, selector: ${describeSelector(podSelector)}`;
  const namespaces = `namespaces: selector: ${describeSelector(namespaceSelector)}`;
  return podSelector ? `${namespaces}, pods: selector: ${describeSelector(podSelector)}` : namespaces;
}
