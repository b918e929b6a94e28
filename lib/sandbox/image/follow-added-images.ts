import { watch } from "node:fs";
import { join } from "node:path";
import { addedPrefix, readAddedImages } from "./added-images";
import type { Image } from "./ensure-images";

/** Keeps the list up to date with what `examctl image` adds and removes; returns the release. */
export function followAddedImages(
  dataDir: string,
  images: Image[],
  onError: (failure: unknown) => void,
): () => void {
  let reading: Promise<void> = Promise.resolve();
  const read = async () => {
    const added = await readAddedImages(dataDir);
    for (let index = images.length - 1; index >= 0; index--)
      if (images[index]!.key.startsWith(addedPrefix)) images.splice(index, 1);
    images.push(...added);
  };
  const watcher = watch(join(dataDir, "images"), (_event, name) => {
    if (name?.startsWith(addedPrefix)) reading = reading.then(read).catch(onError);
  });
  watcher.on("error", onError);
  watcher.unref();
  return () => watcher.close();
}
