import { copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { dnsName } from "./dns-name";
import { isSafePath } from "./safe-path";

export interface MirroredFile {
  /** On this host. */
  path: string;
  sizeBytes: number;
}

/**
 * What labs find of the world outside, as an administrator has added it: files by host and path, git repositories and OCI
 * repositories. All of it lies below one folder, which clusterd only reads.
 */
export class Mirror {
  constructor(private readonly folder: string) {}

  /** The file behind a URL; its query makes no difference. Undefined when there is none. */
  async file(host: string, path: string): Promise<MirroredFile | undefined> {
    const at = this.#at("files", host, path);
    const found = at === undefined ? undefined : await stat(at).catch(() => undefined);
    return found?.isFile() ? { path: at!, sizeBytes: found.size } : undefined;
  }

  /** The bare repository that `https://host/path` (with or without ".git") is a clone's origin of. */
  async repository(host: string, path: string): Promise<string | undefined> {
    const at = this.#at("git", host, `${path.replace(/\/$/, "").replace(/\.git$/, "")}.git`);
    const found = at === undefined ? undefined : await stat(at).catch(() => undefined);
    return found?.isDirectory() ? at : undefined;
  }

  /** Where an OCI repository's manifests and blobs are, by the names that the distribution API gives them. */
  ociFolder(host: string, repository: string): string | undefined {
    return this.#at("oci", host, `/${repository}`);
  }

  /** Whether anything of that host is here. */
  async hasHost(host: string): Promise<boolean> {
    if (!dnsName.safeParse(host).success) return false;
    const kinds = await Promise.all(
      (["files", "git", "oci"] as const).map((kind) =>
        stat(join(this.folder, kind, host)).catch(() => undefined),
      ),
    );
    return kinds.some((kind) => kind?.isDirectory());
  }

  /** The names of all hosts that have anything here. */
  async hosts(): Promise<string[]> {
    const kinds = await Promise.all(
      ["files", "git", "oci"].map((kind) => readdir(join(this.folder, kind)).catch(() => [])),
    );
    return [...new Set(kinds.flat())];
  }

  /** Every URL that was added, in order. */
  async list(): Promise<{ url: string; sizeBytes: number }[]> {
    const found: { url: string; sizeBytes: number }[] = [];
    const visit = async (folder: string): Promise<void> => {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        const at = join(folder, entry.name);
        const [kind, ...rest] = relative(this.folder, at).split("/");
        if (kind === "git" && entry.name.endsWith(".git"))
          found.push(await this.#entry(`git+https://${rest.join("/")}`, at));
        else if (kind === "oci" && rest.at(-1) === "manifests") {
          for (const tag of (await readdir(at)).filter((name) => !name.startsWith("sha256:")))
            found.push(await this.#entry(`oci://${rest.slice(0, -1).join("/")}:${tag}`, join(at, tag)));
        } else if (entry.isDirectory()) await visit(at);
        else if (kind === "files") found.push(await this.#entry(`https://${rest.join("/")}`, at));
      }
    };
    await visit(this.folder);
    return found.sort((a, b) => (a.url < b.url ? -1 : 1));
  }

  /** Takes a copy of a file for `url`; what was there before is replaced at once. Throws `invalid` for a URL that no file can have. */
  async addFile(url: string, source: string): Promise<void> {
    const at = this.place(url);
    await mkdir(dirname(at), { recursive: true, mode: 0o755 }).catch((cause: NodeJS.ErrnoException) => {
      throw new AppError(
        "conflict",
        `${url} lies below a URL that has a file already. Remove that one first.`,
        { cause },
      );
    });
    const next = `${at}.new-${process.pid}`;
    try {
      await copyFile(source, next);
      await rename(next, at);
    } catch (cause) {
      await rm(next, { force: true });
      if ((cause as NodeJS.ErrnoException).code === "EISDIR")
        throw new AppError("conflict", `There are URLs below ${url}: it cannot have a file as well.`, {
          cause,
        });
      throw cause;
    }
  }

  /** False when it was not there. */
  async remove(url: string): Promise<boolean> {
    const at = this.place(url);
    const found = await stat(at).catch(() => undefined);
    if (!found) return false;
    await rm(at, { recursive: true });
    return true;
  }

  /**
   * Where a URL's data lie: `https://HOST/PATH` a file, `git+https://HOST/PATH` a repository, `oci://HOST/REPOSITORY:TAG` a
   * manifest. Throws `invalid`.
   */
  place(url: string): string {
    const [, scheme = "", host = "", rest = ""] =
      /^(https?|git\+https|oci):\/\/([^/]+)(\/[^?#]*)$/.exec(url) ?? [];
    const at =
      scheme === "oci"
        ? this.#at("oci", host, rest.replace(/:([\w.-]+)$/, "/manifests/$1"))
        : scheme === "git+https"
          ? this.#at("git", host, `${rest.replace(/\.git$/, "")}.git`)
          : this.#at("files", host, rest);
    if (
      scheme === "" ||
      at === undefined ||
      rest.endsWith("/") ||
      (scheme === "oci" && !/:[\w.-]+$/.test(rest))
    )
      throw new AppError(
        "invalid",
        `${url} cannot be mirrored: give https://HOST/PATH for a file, git+https://HOST/PATH for a repository or oci://HOST/REPOSITORY:TAG.`,
      );
    return at;
  }

  async #entry(url: string, at: string): Promise<{ url: string; sizeBytes: number }> {
    return { url, sizeBytes: (await stat(at)).size };
  }

  #at(kind: "files" | "git" | "oci", host: string, path: string): string | undefined {
    if (!dnsName.safeParse(host).success || !isSafePath(path)) return undefined;
    return join(this.folder, kind, host, path);
  }
}
