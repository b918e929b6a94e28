import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import type { Mirror } from "./mirror";

/** Clones `source` (a folder, a bundle or a URL that git reaches) with all branches and tags to stand behind git+https://HOST/PATH. */
export async function addRepository(mirror: Mirror, url: string, source: string): Promise<void> {
  const at = mirror.place(url);
  if (!at.endsWith(".git"))
    throw new AppError("invalid", `${url} is not a repository's URL: give git+https://HOST/PATH.`);
  await mkdir(dirname(at), { recursive: true });
  const next = `${at}.new-${process.pid}`;
  try {
    await runCommand(["git", "clone", "--quiet", "--mirror", "--no-hardlinks", "--", source, next], {
      timeoutMs: 600_000,
      env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
    });
    await rm(at, { recursive: true, force: true });
    await rename(next, at);
  } finally {
    await rm(next, { recursive: true, force: true });
  }
}
