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
