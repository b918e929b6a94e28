import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { projectRoot } from "@/lib/core/paths";
import type { RawSchema } from "./schema";

export type RawSchemas = Record<string, RawSchema>;

/** Several documents are often made one after another; between times the memory may go. */
const recent = new Map<string, WeakRef<RawSchemas>>();

/** A file that `node scripts/generate-openapi.mjs` made; throws `unavailable` with the remedy when it is absent. */
export function readGenerated(name: "shapes.json" | "descriptions.json"): RawSchemas {
  const known = recent.get(name)?.deref();
  if (known) return known;
  const path = join(projectRoot, "lib/cluster/resources/generated", name);
  try {
    const schemas = JSON.parse(readFileSync(path, "utf8")) as RawSchemas;
    recent.set(name, new WeakRef(schemas));
    return schemas;
  } catch (cause) {
    throw new AppError(
      "unavailable",
      `The API schemas are missing or broken (${path}). Run "node scripts/generate-openapi.mjs --force".`,
      { cause },
    );
  }
}
