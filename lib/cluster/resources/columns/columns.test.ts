import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kinds } from "../index";

const file = join(process.cwd(), "../shared/upstream/printers/columns.json");
const present = existsSync(file);

interface Oracle {
  kinds: Record<string, { columns: { name: string; type: string; priority: number; format?: string }[] }>;
}

describe.skipIf(!present)(
  "tables have upstream's columns (skipped where ../shared/upstream is absent)",
  () => {
    const oracle = present ? (JSON.parse(readFileSync(file, "utf8")) as Oracle) : { kinds: {} };
    const shown = kinds.filter(({ kind, verbs }) => oracle.kinds[kind] && verbs?.includes("list"));

    test.each(shown.map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))(
      "%s",
      (_name, kind) => {
        const ours = (kind.columns ?? []).map(({ name, type, priority = 0, format }) => ({
          name,
          type,
          priority,
          ...(format ? { format } : {}),
        }));
        expect(ours).toEqual(oracle.kinds[kind.kind]?.columns);
      },
    );
  },
);
