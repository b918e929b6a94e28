import { AppError } from "@/lib/core/app-error";
import type { LabFiles } from "@/lib/contract/lab";
import { compileChecks } from "./compile-checks";
import { hashLab } from "./hash-lab";
import type { Lab, LabProblem } from "./lab";
import { inspectLab } from "./load-lab";
import { typeCheckChecks } from "./type-check-checks";
import type { WalkProgress, WalkReport } from "./walk/report";
import { walkLab, type WalkOptions } from "./walk/walk-lab";

export interface ValidateOptions {
  /** Walks the lab on this clusterd when its files are sound. */
  walk?: Omit<WalkOptions, "source" | "onProgress">;
  onProgress?: (progress: WalkProgress) => void;
}

export interface LabValidation {
  ok: boolean;
  hash: string;
  lab: Lab | undefined;
  /** The compiled checks: what is stored with the version. */
  source: string | undefined;
  problems: LabProblem[];
  walk: WalkReport | undefined;
}

/**
 * All that must hold before a lab is published: schema, templates, types, compilation and, when asked for, the walk.
 * Throws nothing that the lab causes.
 */
export async function validateLab(files: LabFiles, options: ValidateOptions = {}): Promise<LabValidation> {
  const step = async <T>(
    name: string,
    title: string,
    work: () => Promise<T>,
    problemsOf: (value: T) => LabProblem[],
  ) => {
    const startedMs = performance.now();
    options.onProgress?.({ step: name, title, state: "running" });
    const value = await work();
    const problems = problemsOf(value);
    options.onProgress?.({
      step: name,
      title,
      state: problems.length === 0 ? "done" : "failed",
      durationMs: performance.now() - startedMs,
      problems: problems.map(({ problem }) => problem),
    });
    return value;
  };

  const inspected = await step(
    "files",
    "Reading the files",
    () => Promise.resolve(inspectLab(files)),
    (found) => found.problems,
  );
  const problems = [...inspected.problems];
  const hasChecks = files["checks.ts"] !== undefined;
  const types = hasChecks
    ? await step(
        "types",
        "Checking types",
        () => typeCheckChecks(files),
        (found) => found,
      )
    : [];
  const compiled = hasChecks
    ? await step(
        "compile",
        "Compiling the checks",
        () => tryCompile(files),
        (found) => found.problems,
      )
    : { source: undefined, problems: [] };
  // A syntax error shows up in both; the compiler's is shorter.
  problems.push(...compiled.problems, ...(compiled.source === undefined ? [] : types));

  const base = { hash: hashLab(files), lab: inspected.lab, source: compiled.source, problems };
  if (problems.length > 0 || !inspected.lab || compiled.source === undefined || !options.walk)
    return { ...base, ok: problems.length === 0, walk: undefined };
  const walk = await walkLab(inspected.lab, {
    ...options.walk,
    source: compiled.source,
    onProgress: options.onProgress,
  });
  return { ...base, ok: walk.ok, walk };
}

async function tryCompile(files: LabFiles): Promise<{ source: string | undefined; problems: LabProblem[] }> {
  try {
    return { source: await compileChecks(files), problems: [] };
  } catch (error) {
    if (!(error instanceof AppError) || !Array.isArray(error.details.problems)) throw error;
    return { source: undefined, problems: error.details.problems as LabProblem[] };
  }
}
