import { LRUCache } from "lru-cache";
import { AppError } from "@/lib/core/app-error";
import { labFiles } from "@/lib/contract/lab";
import { loadLab } from "@/lib/lab/load-lab";
import type { Lab } from "@/lib/lab/lab";
import type { ExamDeps } from "./deps";

export interface LoadedVersion {
  id: string;
  labId: string;
  number: number;
  checksSource: string;
  lab: Lab;
}

/** Versions are immutable, so what was read once stays true. */
const cache = new LRUCache<string, LoadedVersion>({ max: 100 });

/** A stored lab version with its lab read. Throws `not-found`. */
export async function loadVersion(deps: Pick<ExamDeps, "db">, versionId: string): Promise<LoadedVersion> {
  const known = cache.get(versionId);
  if (known) return known;
  const row = await deps.db.labVersion.findUnique({ where: { id: versionId } });
  if (!row) throw new AppError("not-found", "There is no such version of the lab.");
  const version = {
    id: row.id,
    labId: row.labId,
    number: row.number,
    checksSource: row.checksSource,
    lab: loadLab(labFiles.parse(row.files)),
  };
  cache.set(versionId, version);
  return version;
}
