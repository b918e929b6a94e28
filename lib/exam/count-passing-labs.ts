import type { ExamDeps } from "./deps";

/**
 * How many labs run now that belong to no attempt and to no pool: those of walks, of a validation here or of
 * `examctl lab test`. They take room as others do. None when clusterd does not answer: then nothing starts anyway.
 */
export async function countPassingLabs(deps: Pick<ExamDeps, "clusterd">): Promise<number> {
  return deps.clusterd.call("health", {}, { timeoutMs: 5000 }).then(
    ({ passingLabs }) => passingLabs,
    () => 0,
  );
}
