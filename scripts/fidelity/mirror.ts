import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Mirror } from "@/lib/mirror/mirror";
import type { PublicLab } from "./lab";
import { nearestRelease } from "./nearest-release";

const urls = z.record(z.string(), z.string());

/** Upstream's own files: from URL to the file on this host. */
export type MirroredUrls = ReadonlyMap<string, string>;

/** Puts upstream's own files behind their URLs: `folder` holds urls.json, from URL to file. */
export async function mirrorFolder(mirror: Mirror, folder: string): Promise<MirroredUrls> {
  const known = urls.parse(JSON.parse(await readFile(join(folder, "urls.json"), "utf8")));
  // A kustomize URL with "?ref=" names a repository: that is no file.
  const files = new Map(
    Object.entries(known)
      .map(([url, path]) => [url, join(folder, path)] as const)
      .filter(([url, path]) => !url.includes("?") && existsSync(path)),
  );
  for (const [url, path] of files) await mirror.addFile(url, path);
  return files;
}

/** What labs ask of the internet to see that it is there. */
const sites: Record<string, string> = {
  "https://google.com/index.html": "",
  "https://www.google.com/index.html": "",
  "https://example.com/index.html": "",
  "https://kubernetes.io/index.html": "",
  "https://httpbin.org/get": JSON.stringify({ args: {}, url: "https://httpbin.org/get" }),
};

export async function mirrorSites(mirror: Mirror): Promise<void> {
  for (const [url, content] of Object.entries(sites)) {
    const at = mirror.place(url);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
  }
}

/**
 * What the scripts of a lab fetch: their own repository's files come from the checkout, and where `known` has a URL of another
 * release only, from that.
 */
export async function mirrorNamedFiles(
  mirror: Mirror,
  { setup, stages }: PublicLab,
  { repo, checkout, known }: { repo: string; checkout: string; known: MirroredUrls },
): Promise<void> {
  const scripts = [...setup, ...stages.flatMap((stage) => [...stage.setup, stage.solution, ...stage.verify])];
  const own = `https://raw.githubusercontent.com/${repo}/`;
  for (const script of scripts) {
    const text = withVariables(script.text);
    for (const [url] of text.matchAll(/https:\/\/[\w.-]+\/[^\s"'`)]+/g)) {
      if (url.startsWith(own)) {
        const path = join(checkout, url.slice(own.length).replace(/^(?:refs\/heads\/)?[^/]+\//, ""));
        if (existsSync(path)) await mirror.addFile(url, path);
        continue;
      }
      const nearest = known.has(url) ? undefined : nearestRelease(url, [...known.keys()]);
      if (nearest !== undefined) await mirror.addFile(url, known.get(nearest)!);
    }
  }
}

/** `$NAME` and `${NAME}` where the script itself says what they are: URLs are put together that way. */
export function withVariables(text: string): string {
  const values = new Map(
    [...text.matchAll(/^\s*(?:export )?([A-Z_a-z]\w*)=(["']?)([\w./:-]+)\2\s*$/gm)].map(
      ([, name, , value]) => [name!, value!],
    ),
  );
  return text.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (all, braced: string | undefined, bare: string) => values.get(braced ?? bare) ?? all,
  );
}
