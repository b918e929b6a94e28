/** "0-2,4" as a set; what is not an index below `completions` is left out. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const piece of (text ?? "").split(",").filter(Boolean)) {
    const [first, last = first] = piece.split("-").map(Number);
    for (let index = first!; index <= Math.min(last!, completions - 1); index++) indexes.add(index);
  }
  return indexes;
}

/** As upstream writes them (pkg/controller/job/indexed_job_utils.go): runs of three or more get a dash. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const index of sorted) {
    const run = runs.at(-1);
    if (run && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs
    .map(([first, last]) =>
      first === last ? String(first) : last === first + 1 ? `${first},${last}` : `${first}-${last}`,
    )
    .join(",");
}
