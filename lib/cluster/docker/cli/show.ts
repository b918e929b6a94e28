import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { wideTable } from "@/lib/cluster/tools/table";
import { compileTemplate, TemplateError } from "./go-template";

/** Columns as docker's tabwriter sets them. */
export function table(rows: string[][]): string {
  return wideTable(rows, { widthMin: 10, padding: 3 });
}

/**
 * A list as docker's formatter prints it: its own table, one line a template, `table TEMPLATE` with the columns' heads, or
 * `json`. `heads` are those of the fields that rows have.
 */
export function showList(
  session: AgentSession,
  rows: Record<string, string>[],
  { format, quiet, heads, usual, id }: ListShape,
): void {
  if (quiet) return rows.forEach((row) => session.printOut(row[id]!));
  const wanted = format ?? `table ${usual.map((name) => `{{.${name}}}`).join("\\t")}`;
  if (wanted === "json") return rows.forEach((row) => session.printOut(JSON.stringify(row)));
  const isTable = /^table(\s|$)/.test(wanted);
  const text = wanted
    .replace(/^table\s*/, "")
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n");
  if (!isTable) return rows.forEach((row) => session.printOut(render(session, text, row)));
  const lines = [heads, ...rows].map((row) => render(session, text, row).split("\t"));
  session.printOut(table(lines));
}

interface ListShape {
  format: string | undefined;
  quiet: boolean;
  heads: Record<string, string>;
  /** The fields of the table that is printed when no format is given. */
  usual: string[];
  /** The field that `--quiet` prints. */
  id: string;
}

/** Ends the command with Go's words when the template is none, or does not fit. */
export function render(session: AgentSession, text: string, data: unknown): string {
  try {
    return compileTemplate(text)(data);
  } catch (failure) {
    if (!(failure instanceof TemplateError)) throw failure;
    return session.fail(1, `template parsing error: ${failure.message}`);
  }
}
