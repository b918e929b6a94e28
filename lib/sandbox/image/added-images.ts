import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { absolutePath } from "@/lib/contract/fields";
import { authoritiesBundle } from "@/lib/contract/labd";
import type { Image } from "./ensure-images";

/** What `examctl image add` leaves beside an image's root: image.json. */
export const addedImage = z.object({
  /** The full reference, tag included. */
  reference: z.string(),
  imageId: z.string(),
  sizeBytes: z.number(),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  workingDir: absolutePath,
  user: z.object({ uid: z.number().int(), gid: z.number().int() }),
});
export type AddedImage = z.infer<typeof addedImage>;

export const addedPrefix = "added-";

/** Images that an admin added, by name; they are looked for after the catalogue's. */
export async function readAddedImages(dataDir: string): Promise<Image[]> {
  const folder = join(dataDir, "images");
  const keys = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(addedPrefix)).sort();
  return Promise.all(
    keys.map(async (key) => {
      const text = await readFile(join(folder, key, "image.json"), "utf8");
      const { reference, ...image } = addedImage.parse(JSON.parse(text));
      const authorities = existsSync(join(folder, key, "root", authoritiesBundle));
      return {
        ...{ ...image, name: reference, references: [reference], component: false, authorities },
        ...{ key, layers: [key] },
      };
    }),
  );
}
