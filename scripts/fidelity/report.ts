import type { ListedLab } from "./lab";
import type { Verdict } from "./play";

export interface LabResult extends Verdict, Pick<ListedLab, "repo" | "path" | "topic"> {
  seconds: number;
}

/** How many of each topic pass, then the first differing line of each that does not. */
export function asText(results: LabResult[]): string {
  const topics = [...new Set(results.map(({ topic }) => topic))].sort();
  const row = (name: string, some: LabResult[]) =>
    `${name.padEnd(14)}${String(some.filter(({ passed }) => passed).length).padStart(4)} of ${String(some.length).padStart(3)}`;
  const lines = [
    ...topics.map((topic) =>
      row(
        topic,
        results.filter((result) => result.topic === topic),
      ),
    ),
    row("all", results),
    "",
  ];
  for (const { repo, path, reason, passed, remarks } of results)
    if (!passed) lines.push(`${repo} ${path}`, `    ${reason}`, ...remarks.map((text) => `    (${text})`));
  return lines.join("\n");
}
