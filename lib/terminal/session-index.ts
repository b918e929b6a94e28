import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dnsLabel, labId } from "@/lib/contract/fields";
import { replaceFile } from "./keeper";

/** `<dataDir>/recordings/<labId>/<sessionId>.json`, beside the session's .cast, .screen and .journal files. */
export const sessionRecord = z.object({
  version: z.literal(1),
  sessionId: z.string().regex(/^[a-z0-9]{8,40}$/),
  labId,
  node: dnsLabel,
  title: z.string(),
  state: z.enum(["running", "exited", "lost"]),
  exitCode: z.number().int().optional(),
  createdAtMs: z.number(),
});
export type SessionRecord = z.infer<typeof sessionRecord>;

/** The sessions on disk: what exists, and where the files of each are. */
export class SessionIndex {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
  }

  /** Path of a session's files without their endings. */
  base(session: Pick<SessionRecord, "labId" | "sessionId">): string {
    return join(this.folder, session.labId, session.sessionId);
  }

  save(record: SessionRecord): void {
    mkdirSync(join(this.folder, record.labId), { recursive: true, mode: 0o750 });
    replaceFile(`${this.base(record)}.json`, JSON.stringify(record));
  }

  /** All sessions, or those of one lab, oldest first. Files that are not ours are passed over. */
  list(lab?: string): SessionRecord[] {
    const labs = lab === undefined ? entries(this.folder) : [lab];
    return labs
      .flatMap((name) =>
        entries(join(this.folder, name))
          .filter((file) => file.endsWith(".json"))
          .flatMap((file) => readRecord(join(this.folder, name, file))),
      )
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  /** The session of that id, whatever lab it is of. */
  find(sessionId: string): SessionRecord | undefined {
    if (!sessionRecord.shape.sessionId.safeParse(sessionId).success) return undefined;
    for (const lab of entries(this.folder)) {
      const [record] = readRecord(join(this.folder, lab, `${sessionId}.json`));
      if (record) return record;
    }
    return undefined;
  }

  castBytes(session: SessionRecord): number {
    return statSync(`${this.base(session)}.cast`, { throwIfNoEntry: false })?.size ?? 0;
  }

  removeLab(lab: string): void {
    rmSync(join(this.folder, lab), { recursive: true, force: true });
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readRecord(file: string): SessionRecord[] {
  try {
    return [sessionRecord.parse(JSON.parse(readFileSync(file, "utf8")))];
  } catch {
    return [];
  }
}
