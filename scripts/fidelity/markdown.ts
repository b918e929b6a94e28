/** A fenced block, with what tells whether it belongs to a solution. */
export interface Block {
  language: string;
  text: string;
  /** The headings above it, outermost first. */
  headings: string[];
  /** The summaries of the <details> around it. */
  summaries: string[];
  /** Killercoda's mark of a block that a click runs. */
  isRun: boolean;
  /** The line of text before it. */
  lead?: string;
}

/**
 * The fenced blocks of a lab's text. Such texts bend Markdown: a closing fence carries "{{exec}}", <details> holds
 * blocks without blank lines around them; so the lines are read as people read them.
 */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const headings: { level: number; text: string }[] = [];
  const summaries: string[] = [];
  let open: { fence: string; language: string; lines: string[] } | undefined;
  let lead = "";
  for (const line of markdown.split("\n")) {
    const fence = /^\s*(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/.exec(line);
    if (open) {
      if (!fence || !fence[1]!.startsWith(open.fence) || fence[2]) {
        open.lines.push(line);
        continue;
      }
      blocks.push({
        language: open.language.toLowerCase(),
        text: withoutIndent(open.lines).join("\n"),
        headings: headings.map(({ text }) => text),
        summaries: [...summaries],
        isRun: /\{\{(exec|execute)/.test(line),
        ...(lead === "" ? {} : { lead }),
      });
      open = undefined;
      lead = "";
    } else if (fence) open = { fence: fence[1]!, language: fence[2]!, lines: [] };
    else {
      const heading = /^\s*(#{1,6})\s+(.*)/.exec(line);
      if (heading) {
        while (headings.length > 0 && headings.at(-1)!.level >= heading[1]!.length) headings.pop();
        headings.push({ level: heading[1]!.length, text: heading[2]! });
      }
      for (const tag of line.matchAll(/<details[^>]*>|<\/details>|<summary[^>]*>(.*?)(?:<\/summary>|$)/gi)) {
        if (tag[0].startsWith("</")) summaries.pop();
        else if (tag[1] === undefined) summaries.push("");
        else summaries[summaries.length - 1] = tag[1];
      }
      if (line.trim() !== "" && !line.trim().startsWith("<")) lead = heading ? heading[2]! : line.trim();
    }
  }
  return blocks;
}

function withoutIndent(lines: string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)![0].length);
  const indent = indents.length === 0 ? 0 : Math.min(...indents);
  return lines.map((line) => line.slice(indent));
}
