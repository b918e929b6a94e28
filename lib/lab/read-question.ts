import type { QuestionText } from "./lab";

/**
 * Splits a question's Markdown at its level-one headings "# Hint" and "# Explanation" (not inside code fences).
 * Another level-one heading belongs to the section it stands in. Throws nothing: an absent section is undefined.
 */
export function readQuestion(markdown: string): QuestionText {
  const sections: Record<"body" | "hint" | "explanation", string[] | undefined> = {
    body: [],
    hint: undefined,
    explanation: undefined,
  };
  let current: string[] = sections.body!;
  let fence: string | undefined;
  for (const line of markdown.replaceAll("\r\n", "\n").split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark && fence === undefined) fence = mark;
    else if (mark && fence !== undefined && mark.startsWith(fence)) fence = undefined;
    const heading = fence === undefined && /^#\s+(hint|explanation)\s*#*\s*$/i.exec(line);
    if (heading) current = sections[heading[1]!.toLowerCase() as "hint" | "explanation"] ??= [];
    else current.push(line);
  }
  const text = (lines: string[] | undefined) => lines?.join("\n").trim() || undefined;
  return {
    body: text(sections.body) ?? "",
    hint: text(sections.hint),
    explanation: text(sections.explanation),
  };
}
