/** From how many nodes to how many a hint of so many seconds holds; the steps overlap, so that one node more or less does not change all others. */
const steps = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1000, seconds: 30 },
  { from: 900, to: 2000, seconds: 60 },
  { from: 1800, to: Infinity, seconds: 300 },
];

export const ttlAnnotation = "node.alpha.kubernetes.io/ttl";

/**
 * How long kubelets may keep Secrets and ConfigMaps in a cluster of so many nodes (kubernetes 1.34 pkg/controller/ttl);
 * `before` is what they were told so far.
 */
export function ttlSeconds(nodeCount: number, before = 0): number {
  let at = Math.max(
    0,
    steps.findIndex(({ seconds }) => seconds === before),
  );
  while (nodeCount > steps[at]!.to) at++;
  while (nodeCount < steps[at]!.from) at--;
  return steps[at]!.seconds;
}
