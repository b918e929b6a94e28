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
  return [`${header} {`, ...flatten(lines).map((line) => (line === "" ? "" : `    ${line}`)), "}"];
}

export function flatten(lines: Lines): string[] {
  return lines.flatMap((line) => (typeof line === "string" ? [line] : flatten(line)));
}

/** The lines when `condition` holds, otherwise none. */
export function when(condition: unknown, ...lines: Lines): Lines {
  return condition ? lines : [];
}
