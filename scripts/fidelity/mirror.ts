import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Mirror } from "@/lib/mirror/mirror";
import type { PublicLab } from "./lab";

const urls = z.record(z.string(), z.string());

/** Puts upstream's own files behind their URLs: `folder` holds urls.json, from URL to file. */
export async function mirrorFolder(mirror: Mirror, folder: string): Promise<void> {
  const known = urls.parse(JSON.parse(await readFile(join(folder, "urls.json"), "utf8")));
  for (const [url, path] of Object.entries(known))
    // A kustomize URL with "?ref=" names a repository: that is no file.
    if (!url.includes("?") && existsSync(join(folder, path))) await mirror.addFile(url, join(folder, path));
}

/** Labs fetch their own repository's files from GitHub: what a script of `lab` names is put there from the checkout. */
export async function mirrorOwnFiles(
  mirror: Mirror,
  { setup, stages }: PublicLab,
  repo: string,
  checkout: string,
): Promise<void> {
  const scripts = [...setup, ...stages.flatMap((stage) => [...stage.setup, stage.solution, ...stage.verify])];
  const own = new RegExp(
    `https://raw\\.githubusercontent\\.com/${repo.replaceAll(".", "\\.")}/(?:refs/heads/)?[\\w.-]+/([^\\s"'\`)]+)`,
    "g",
  );
  for (const { text } of scripts)
    for (const [url, path] of text.matchAll(own))
      if (existsSync(join(checkout, path!))) await mirror.addFile(url, join(checkout, path!));
}
