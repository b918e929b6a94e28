import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import { hostAptSources } from "./apt-sources";

/**
 * Unpacks the source of a Debian package into `target`, which must not exist, from the archives that the host installs from.
 * Throws `unavailable` when they do not have it.
 */
export async function fetchSource(codename: string, name: string, target: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "examctl-source-"));
  try {
    const { list, deb822 } = await hostAptSources(codename);
    for (const folder of ["sources", "lists/partial", "cache/archives/partial", "download"])
      await mkdir(join(scratch, folder), { recursive: true });
    await writeFile(join(scratch, "sources/host.list"), list.replace(/^deb\b/gm, "deb-src"));
    await writeFile(join(scratch, "sources/host.sources"), deb822.replace(/^Types:.*$/gim, "Types: deb-src"));
    const options = [
      ...["Dir::Etc::SourceList=/dev/null", `Dir::Etc::SourceParts=${scratch}/sources`],
      ...[`Dir::State::Lists=${scratch}/lists`, `Dir::Cache=${scratch}/cache`, "APT::Sandbox::User=root"],
    ].flatMap((option) => ["-o", option]);
    const cwd = join(scratch, "download");
    const apt = async (...args: string[]) => {
      await runCommand(["apt-get", ...options, ...args], { cwd, timeoutMs: 180_000 });
    };
    await apt("update");
    await apt("source", "--download-only", `${name}/${codename}`);
    const description = (await readdir(cwd)).find((file) => file.endsWith(".dsc"))!;
    await runCommand(["dpkg-source", "--no-check", "--extract", description, target], {
      cwd,
      timeoutMs: 60_000,
    });
  } catch (cause) {
    throw new AppError(
      "unavailable",
      `The source package ${name} cannot be fetched: ${AppError.from(cause).message} Does the archive in /etc/apt have sources of ${codename}?`,
      { cause },
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
