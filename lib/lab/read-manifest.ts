import { LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { labManifest, type LabManifest } from "@/lib/contract/lab";
import type { LabProblem } from "./lab";

const file = "lab.yaml";
/** Past this an author has made a mistake, or wants to hurt us with aliases. */
const manifestCharsMax = 200_000;

export interface ManifestReading {
  /** Undefined when there are problems. */
  manifest: LabManifest | undefined;
  problems: LabProblem[];
  /** The line of a path such as ["nodes", 0, "mac"], or of its nearest parent that the file spells out. */
  lineOf: (path: readonly (string | number)[]) => number | undefined;
}

/** Reads lab.yaml and says everything that is wrong with it at once, with lines. */
export function readManifest(text: string): ManifestReading {
  const lines = new LineCounter();
  if (text.length > manifestCharsMax)
    return failed([
      problem("", `has more than ${manifestCharsMax} characters.`, "Move text into questions/."),
    ]);
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0)
    return failed(
      document.errors.map((error) => ({
        ...problem("", `is not valid YAML: ${firstLine(error.message)}`, ""),
        line: lines.linePos(error.pos[0]).line,
      })),
    );
  const lineOf = (path: readonly (string | number)[]) => findLine(document, lines, path);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 }) as unknown;
  } catch (error) {
    return failed([
      problem("", `uses too many aliases: ${(error as Error).message}`, "Write the values out."),
    ]);
  }
  const parsed = labManifest.safeParse(value);
  if (parsed.success) return { manifest: parsed.data, problems: [], lineOf };
  const problems = parsed.error.issues.flatMap(flatten).map((issue) => ({
    ...problem(formatPath(issue.path), sentence(issue), remedyFor(issue)),
    line: lineOf(issue.path as (string | number)[]),
  }));
  return { manifest: undefined, problems, lineOf };
}

function problem(path: string, text: string, remedy: string): LabProblem {
  return { file, path, problem: text, remedy };
}

function failed(problems: LabProblem[]): ManifestReading {
  return { manifest: undefined, problems, lineOf: () => undefined };
}

/** "nodes[0].mac" */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${String(step)}`))
    .join("");
}

function findLine(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly (string | number)[],
): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

type Issue = z.core.$ZodIssue;

/** A union's issue hides what is wrong inside: take the branch that came furthest. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const close = branches.filter(
    (branch) => !branch.some((inner) => inner.code === "unrecognized_keys" && branch.length > 1),
  );
  const best = (close.length > 0 ? close : branches).sort((a, b) => a.length - b.length)[0]!;
  return close.length === 1 ? best.flatMap(flatten) : [{ ...issue, errors: [] } as Issue];
}

function sentence(issue: Issue): string {
  if (issue.code === "unrecognized_keys")
    return `has ${issue.keys.length > 1 ? "keys" : "a key"} that no lab has: ${issue.keys.join(", ")}.`;
  if (issue.code === "invalid_union" && issue.path[0] === "parameters")
    return "is none of pick, integer, subnet, host, mac.";
  const text = issue.message.replace(/^Invalid input: /, "");
  return `${text}${/[.!?]$/.test(text) ? "" : "."}`;
}

function remedyFor(issue: Issue): string {
  if (issue.code === "unrecognized_keys")
    return "Remove it or correct its spelling; docs/authoring.md lists all keys.";
  if (issue.code === "invalid_type" && /received undefined/.test(issue.message)) return "Add it.";
  if (issue.code === "invalid_union") return "docs/authoring.md shows each form.";
  return "";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
