import type { CheckContext, ObjectRef } from "./context";
import type { ExpectOptions } from "./evidence";

export interface ConnectivityOptions extends ExpectOptions {
  /** Default 80. */
  port?: number;
  /** Of each request: what is dropped takes all of it. Default 1.5 s. */
  timeoutMs?: number;
  /** Default 4 s. */
  withinMs?: number;
}

/**
 * Expects who reaches whom, by the pods' own addresses: each pair is an expectation. Whoever answers HTTP, with whatever status, is reached.
 */
export async function expectConnectivity<Name extends string>(
  t: CheckContext,
  pods: Readonly<Record<Name, Required<ObjectRef>>>,
  matrix: Partial<Record<Name, Partial<Record<Name, boolean>>>>,
  { port = 80, timeoutMs = 1500, withinMs = 4000, ...options }: ConnectivityOptions,
): Promise<void> {
  const pairs = (Object.keys(matrix) as Name[]).flatMap((from) =>
    (Object.keys(matrix[from]!) as Name[]).map((to) => ({ from, to, reaches: matrix[from]![to]! })),
  );
  if (pairs.length === 0) throw new TypeError("A connectivity matrix needs at least one pair of pods.");
  const nameOf = ({ namespace, name }: Required<ObjectRef>) => `${namespace}/${name}`;
  await t.eventually(
    async () => {
      const seen = await Promise.all(
        pairs.map(async ({ from, to }) => {
          const { status } = await t.mustGet("Pod", pods[to]);
          const url = `http://${status.podIP}:${port}/`;
          const answer = await t.pod(pods[from].namespace, pods[from].name).http(url, { timeoutMs });
          return { url, text: answer.status === 0 ? answer.error || "no answer" : `${answer.status}` };
        }),
      );
      pairs.forEach(({ from, to, reaches }, index) => {
        const { url, text } = seen[index]!;
        const label = `${nameOf(pods[from])} ${reaches ? "reaches" : "does not reach"} ${nameOf(pods[to])} at port ${port}`;
        const source = `kubectl exec -n ${pods[from].namespace} ${pods[from].name} -- curl -m 2 ${url}`;
        const expectation = t.expect(label, text, { source, ...options });
        if (reaches) expectation.toMatch(/^\d+$/);
        else expectation.toMatch(/^(?!\d+$)/);
      });
    },
    { withinMs },
  );
}
