/** "0/2 nodes are available:" and what keeps each, as framework.FitError writes it; `tail` is what preemption says. */
export function unschedulableMessage(
  nodeCount: number,
  reasons: readonly string[] | { pod: string },
  tail = "",
): string {
  const head = `0/${nodeCount} nodes are available:`;
  const text = "pod" in reasons ? reasons.pod : histogram(reasons);
  return `${head}${text ? ` ${text}.` : ""}${tail ? ` ${tail}` : ""}`;
}

/** "1 node(s) were unschedulable, 2 Insufficient cpu", in the order of the texts. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
}
