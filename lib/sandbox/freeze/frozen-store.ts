import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Transform } from "node:stream";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { sha256Of } from "./archive";

const suffix = ".tar.zst";

/** Archives of frozen labs by the SHA-256 of their bytes: `dataDir/frozen`, readable by root alone. */
export class FrozenStore {
  constructor(private readonly folder: string) {}

  /** Empties the folder of what was cut off. Call once, before anything is written. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.folder))
      if (!name.endsWith(suffix)) await rm(join(this.folder, name), { force: true });
  }

  /** Where to make an archive before its digest is known; gone after a restart unless it is kept. */
  draft(): string {
    return join(this.folder, `${randomId(12)}.draft`);
  }

  async keep(draft: string, digest: string): Promise<void> {
    await rename(draft, this.#path(digest));
  }

  /** The archive's path, its bytes checked against their digest. Throws `not-found`, or `invalid` when they were changed. */
  async verified(digest: string): Promise<string> {
    const path = this.#path(digest);
    if (!(await stat(path).catch(() => undefined)))
      throw new AppError("not-found", `There is no frozen lab ${digest} on this host.`);
    if ((await sha256Of(path)) !== digest)
      throw new AppError("invalid", `The frozen lab ${digest} is damaged: its bytes have changed on disk.`);
    return path;
  }

  async list(): Promise<{ digest: string; sizeBytes: number }[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.endsWith(suffix));
    return Promise.all(
      names.map(async (name) => ({
        digest: name.slice(0, -suffix.length),
        sizeBytes: (await stat(join(this.folder, name))).size,
      })),
    );
  }

  /** Safe to repeat. */
  async remove(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true });
  }

  /** Takes an archive from elsewhere: exactly `sizeBytes` bytes that have the digest, or `invalid` and nothing. */
  async receive(digest: string, sizeBytes: number, source: Readable): Promise<void> {
    const draft = this.draft();
    try {
      let seen = 0;
      const limit = new Transform({
        transform(chunk: Buffer, _, done) {
          seen += chunk.length;
          done(
            seen > sizeBytes ? new AppError("invalid", "More bytes came than were announced.") : null,
            chunk,
          );
        },
      });
      await pipeline(source, limit, createWriteStream(draft, { mode: 0o600, flush: true }));
      if (seen !== sizeBytes || (await sha256Of(draft)) !== digest)
        throw new AppError("invalid", `What came is not the frozen lab ${digest}: send it again.`);
      await this.keep(draft, digest);
    } finally {
      await rm(draft, { force: true });
    }
  }

  #path(digest: string): string {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new AppError("invalid", "A digest has 64 hexadecimal digits.");
    return join(this.folder, `${digest}${suffix}`);
  }
}
