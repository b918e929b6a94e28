/** What every command prints with: people get text, programs get one JSON value on standard output (`--json`). */
export interface Output {
  json: boolean;
  /** A line for people; nothing with --json. */
  say(text: string): void;
  /** The command's result: JSON with --json, otherwise what `toText` makes of it. */
  result<T>(value: T, toText: (value: T) => string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    say(text) {
      if (!json) process.stdout.write(`${text}\n`);
    },
    result(value, toText) {
      process.stdout.write(`${json ? JSON.stringify(value, null, 2) : toText(value)}\n`);
    },
  };
}

/** Left-aligned columns, two spaces apart, as kubectl prints them. */
export function table(head: string[], rows: (string | number | undefined)[][]): string {
  const cells = [
    head.map((title) => title.toUpperCase()),
    ...rows.map((row) => row.map((cell) => String(cell ?? ""))),
  ];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
