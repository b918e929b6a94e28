import { AppError } from "@/lib/core/app-error";
import type { CheckProbe, ExecValue, PlaceRef } from "../check-probe";

export interface FakeCluster {
  /** By plural; of a lab's other clusters by "NAME/PLURAL". */
  objects?: Record<string, { metadata: { name: string; namespace?: string } }[]>;
  nodes?: string[];
  /** Answers a command: text is its stdout; undefined is "command not found". */
  exec?: (place: PlaceRef, argv: string[], stdin: string) => string | Partial<ExecValue> | undefined;
  execInPodNetwork?: (place: PlaceRef, argv: string[], stdin: string) => string;
  /** "node01:/etc/hosts" -> text */
  files?: Record<string, string>;
}

/** A probe over plain data, for tests of checks without a cluster. */
export function fakeProbe(cluster: FakeCluster): CheckProbe {
  const all = (plural: string, name?: string) => cluster.objects?.[name ? `${name}/${plural}` : plural] ?? [];
  return {
    get: ({ plural }, namespace, name, of) =>
      Promise.resolve(
        all(plural, of).find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
      ),
    list: ({ plural }, { namespace, cluster: of }) =>
      Promise.resolve(
        all(plural, of).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
      ),
    exec: async (place, { argv, stdin }) => {
      await Promise.resolve();
      if ("node" in place && !(cluster.nodes ?? []).includes(place.node))
        throw new AppError("not-found", `There is no node ${place.node}.`);
      const answer = cluster.exec?.(place, argv, stdin);
      const result =
        typeof answer === "string" ? { stdout: answer } : (answer ?? { exitCode: 127, stderr: "not found" });
      return { exitCode: 0, stdout: "", stderr: "", truncated: false, timedOut: false, ...result };
    },
    execInPodNetwork: async (place, { argv, stdin }) => {
      await Promise.resolve();
      const stdout = cluster.execInPodNetwork?.(place, argv, stdin) ?? "";
      return { exitCode: 0, stdout, stderr: "", truncated: false, timedOut: false };
    },
    readFile: (node, path) => {
      const text = cluster.files?.[`${node}:${path}`];
      return Promise.resolve(text === undefined ? undefined : { text, mode: 0o644, sizeBytes: text.length });
    },
  };
}
