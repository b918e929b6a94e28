import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiUnderTest } from "./api-under-test";
import { Tally, type SetReport } from "./report";
import { collectionPath, readResources } from "./rest-mapper";

interface Column {
  name: string;
  type: string;
  priority: number;
  format?: string;
}

/** The columns of every kind's server-side table against those of upstream's printers. */
export async function checkPrinters(api: ApiUnderTest, upstream: string): Promise<SetReport> {
  const tally = new Tally("printers", "columns");
  const oracle = JSON.parse(readFileSync(join(upstream, "printers/columns.json"), "utf8")) as {
    kinds: Record<string, { columns: Column[] }>;
  };
  for (const resource of await readResources(api)) {
    const path = collectionPath(resource);
    const answer = await api.send("GET", path, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    const wanted = oracle.kinds[resource.kind]?.columns;
    if (answer.status !== 200 || !wanted) continue; // nothing to list (reviews), or no printer of its own
    const { columnDefinitions } = JSON.parse(answer.body) as { columnDefinitions: Column[] };
    const text = (column: Column | undefined) =>
      column && `${column.name} ${column.type} ${column.priority} ${column.format ?? ""}`.trim();
    for (let at = 0; at < Math.max(wanted.length, columnDefinitions.length); at++) {
      const [mine, theirs] = [text(columnDefinitions[at]), text(wanted[at])];
      tally.add(
        `${path} column ${at + 1}`,
        mine === theirs ? undefined : `${mine ?? "none"} instead of ${theirs ?? "none"}`,
      );
    }
  }
  return tally.finish();
}
