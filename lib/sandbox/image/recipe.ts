import { readFile, readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { absolutePath } from "@/lib/contract/fields";
import { projectRoot } from "@/lib/core/paths";

/** What an image is known by and how it starts. */
const start = z.object({
  /** Patterns: `*` stands for any text without "/" and ":". None: the recipe is only a base of others. */
  references: z.array(z.string()),
  /** Which tags there are of the references that end with ":*", as a regular expression; default: all. */
  tags: z.string().refine((text) => isPattern(text), "not a regular expression"),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  workingDir: absolutePath,
  user: z.object({ uid: z.number().int(), gid: z.number().int() }),
});

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** `images/<name>/image.yaml`: which references an image serves and how its root file system is made. */
const imageRecipe = z
  .object({
    references: start.shape.references.default([]),
    tags: start.shape.tags.optional(),
    entrypoint: start.shape.entrypoint.default([]),
    cmd: start.shape.cmd.default([]),
    env: start.shape.env.default({}),
    workingDir: start.shape.workingDir.default("/"),
    user: start.shape.user.default({ uid: 0, gid: 0 }),
    /** Other images with the same files: what a variant does not say is as above, but for the tags. */
    variants: z.array(start.partial().strict()).default([]),
    /** Another recipe, whose files lie below this one's; `debian` has all that nodes have. */
    base: z.string().optional(),
    /** A layer of the node's root that is this one's files, stored once for both. */
    shares: z.enum(["base", "tools"]).optional(),
    /** Gets /run/examctl of its node: what stands for a component whose logic is the cluster's. */
    component: z.boolean().default(false),
    /** Has a bundle of certificate authorities in /etc/ssl/certs; in a lab it is the lab's. */
    authorities: z.boolean().default(false),
    /** Binaries of native/ by the path they have in the image. */
    native: z.record(absolutePath, z.string()).default({}),
    /**
     * Debian packages, extracted with all that they depend on; their maintainer scripts do not run. With a base: without
     * what nodes have already.
     */
    packages: z.array(z.string()).default([]),
    /** Packages that are left out although others say that they depend on them. */
    without: z.array(z.string()).default([]),
    /** A Debian package whose source the script gets, unpacked, as its second argument. */
    source: z.string().optional(),
    /** A script of images/ that several recipes share; default: the folder's own customise.sh, if it has one. */
    customise: z.string().optional(),
  })
  .strict();

export interface ImageRecipe extends Omit<z.infer<typeof imageRecipe>, "customise"> {
  /** The folder's name. */
  name: string;
  folder: string;
  /** Copied over the packages' files; undefined where the folder has none. */
  files: string | undefined;
  /** A script that gets the finished root as its argument, last, and the recipe's source, if it names one. */
  customise: string | undefined;
}

/** All recipes of the catalogue. Throws `invalid` naming the file that is wrong. */
export async function readImageRecipes(folder = join(projectRoot, "images")): Promise<ImageRecipe[]> {
  const names = (await readdir(folder)).filter((name) => existsSync(join(folder, name, "image.yaml"))).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name, "image.yaml");
      const parsed = imageRecipe.safeParse(parse(await readFile(path, "utf8")));
      if (!parsed.success) throw new AppError("invalid", `${path}:\n${z.prettifyError(parsed.error)}`);
      const optional = (file: string) => {
        const at = join(folder, name, file);
        return existsSync(at) ? at : undefined;
      };
      return {
        ...parsed.data,
        name,
        folder: join(folder, name),
        files: optional("files"),
        customise: parsed.data.customise ? join(folder, parsed.data.customise) : optional("customise.sh"),
      };
    }),
  );
}
