import { LineCounter, parseDocument, type ErrorCode } from "yaml";

/** A document that Kubernetes' components refuse, in the words of their parser (go-yaml). */
export class GoYamlError extends Error {}

/** "scanner" errors tell the line itself, "parser" ones the line before: go-yaml counts from 0 there. */
const words: Partial<Record<ErrorCode, [by: "scanner" | "parser", text: string]>> = {
  BLOCK_AS_IMPLICIT_KEY: ["scanner", "mapping values are not allowed in this context"],
  TAB_AS_INDENT: ["scanner", "found character that cannot start any token"],
  BAD_SCALAR_START: ["scanner", "found character that cannot start any token"],
  MULTILINE_IMPLICIT_KEY: ["scanner", "could not find expected ':'"],
  BAD_DQ_ESCAPE: ["scanner", "found unknown escape character"],
  MISSING_CHAR: ["scanner", "could not find expected ':'"],
  BAD_INDENT: ["parser", "did not find expected key"],
};

/** Reads one document as sigs.k8s.io/yaml does. Throws GoYamlError, "yaml: line 7: did not find expected key". */
export function parseGoYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const [error] = document.errors;
  if (!error) return document.toJS() as unknown;
  const line = lines.linePos(error.pos[0]).line;
  if (error.code === "MULTILINE_IMPLICIT_KEY" && isFirstInside(text.split("\n"), line))
    throw new GoYamlError(`yaml: line ${line + 1}: mapping values are not allowed in this context`);
  const isUnclosed = error.code === "MISSING_CHAR" && /closing|quote/.test(error.message);
  const [by, said] = isUnclosed
    ? (["scanner", "found unexpected end of stream"] as const)
    : (words[error.code] ?? (["parser", "did not find expected key"] as const));
  const told = by === "scanner" ? line : line - 1;
  throw new GoYamlError(told > 0 ? `yaml: line ${told}: ${said}` : `yaml: ${said}`);
}

/** Whether the line opens what the key above it holds: a text there may go over lines, until a colon shows that it may not. */
function isFirstInside(lines: string[], line: number): boolean {
  const above = lines.slice(0, line - 1).findLast((one) => one.trim() !== "") ?? "";
  return /:\s*$/.test(above) && above.search(/\S/) < lines[line - 1]!.search(/\S/);
}
