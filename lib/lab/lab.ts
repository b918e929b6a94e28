import type { LabFiles, LabManifest } from "@/lib/contract/lab";

/** A lab whose files were read and found good. Templates are still templates. */
export interface Lab {
  manifest: LabManifest;
  files: LabFiles;
  /** By question id. */
  texts: Record<string, QuestionText>;
  /** In name order. */
  setup: SetupFile[];
  /** The reference answer, a bash script and a template; undefined when the lab has none (yet). */
  solution: string | undefined;
  mistakes: Mistake[];
}

/** The sections of a question's Markdown file. */
export interface QuestionText {
  body: string;
  hint: string | undefined;
  explanation: string | undefined;
}

export interface SetupFile {
  name: string;
  kind: "manifest" | "script" | "faults";
  content: string;
  /** Template: the node that it runs on, or is applied from; undefined is the first control plane node. */
  node: string | undefined;
}

/** A wrong answer that someone might really give, played on top of the solution. */
export interface Mistake {
  /** "mistakes/wrong-node.sh" */
  file: string;
  content: string;
  /** The checks that must fail, all others must pass. */
  fails: string[];
}

/** What is wrong with a lab, where, and what to do about it. */
export interface LabProblem {
  /** "lab.yaml"; "" when it is the lab as a whole. */
  file: string;
  /** 1-based; where the file has lines and the place is known. */
  line?: number;
  /** Inside the file: "questions[3].options", or "". */
  path: string;
  problem: string;
  remedy: string;
}

/** "lab.yaml:12 nodes[0].mac: ... . Remedy." */
export function formatProblem({ file, line, path, problem, remedy }: LabProblem): string {
  const place = [file && (line === undefined ? file : `${file}:${line}`), path].filter(Boolean).join(" ");
  return `${place ? `${place}: ` : ""}${problem}${remedy ? ` ${remedy}` : ""}`;
}
