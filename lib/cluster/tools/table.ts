/** Columns as Go's tabwriter sets them with a least width of 20 and three spaces between: what crictl prints. */
export function wideTable(rows: string[][], { widthMin = 20, padding = 3 } = {}): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(widthMin, ...rows.map((row) => (row[column] ?? "").length + padding)),
  );
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join(""),
    )
    .join("\n");
}

/** A table in a frame, heads in the middle and cells on the right, as olekukonko/tablewriter draws it for etcdctl. */
export function boxTable([head = [], ...rows]: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const framed = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const centred = head.map((name, column) => {
    const space = widths[column]! - name.length;
    return " ".repeat(Math.floor(space / 2)) + name + " ".repeat(Math.ceil(space / 2));
  });
  const body = rows.map((row) => framed(row.map((cell, column) => cell.padStart(widths[column]!))));
  return [line, framed(centred), line, ...body, line].join("\n");
}
