import { createWriteStream } from "node:fs";
import { chmod } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { open, type Entry, type ZipFile } from "yauzl";
import { AppError } from "@/lib/core/app-error";

/** Writes the named entries of a zip to files (0755). Throws `not-found` when the zip lacks one of them. */
export async function extractFromZip(path: string, targets: Record<string, string>): Promise<void> {
  const zip = await promisify<string, { lazyEntries: boolean }, ZipFile>(open)(path, { lazyEntries: true });
  const missing = new Set(Object.keys(targets));
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on("error", reject);
      zip.on("end", resolve);
      zip.on("entry", (entry: Entry) => {
        const target = Object.hasOwn(targets, entry.fileName) ? targets[entry.fileName] : undefined;
        if (target === undefined) return zip.readEntry();
        missing.delete(entry.fileName);
        extract(zip, entry, target).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
  if (missing.size > 0) throw new AppError("not-found", `${path} has no ${[...missing].join(" and no ")}.`);
}

async function extract(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (failure, opened) => (failure ? reject(failure) : resolve(opened))),
  );
  await pipeline(stream, createWriteStream(target, { mode: 0o755 }));
  await chmod(target, 0o755);
}
