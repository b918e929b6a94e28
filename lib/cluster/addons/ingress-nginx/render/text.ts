/** A directive's argument in double quotes. nginx still reads $names in it where the directive takes variables. */
export function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** A regular expression in double quotes: nginx leaves backslashes before anything but a quote alone. */
export function quoteRegex(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}

export type Lines = (string | Lines)[];

/** "header { ... }", indented. Nested lists are flattened. */
export function block(header: string, ...lines: Lines): string[] {
  const text = [`${header} {`];
  for (const line of flatten(lines)) text.push(line === "" ? "" : `    ${line}`);
  text.push("}");
  return text;
}

export function flatten(lines: Lines, into: string[] = []): string[] {
  for (const line of lines)
    if (typeof line === "string") into.push(line);
    else flatten(line, into);
  return into;
}

/** The lines when `condition` holds, otherwise none. */
export function when(condition: unknown, ...lines: Lines): Lines {
  return condition ? lines : [];
}
