import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { table } from "@/lib/cli/output";
import { AppError } from "@/lib/core/app-error";
import { addChart } from "@/lib/mirror/add-chart";
import { addRepository } from "@/lib/mirror/add-repository";
import { fetchFile } from "@/lib/mirror/fetch-file";
import { Mirror } from "@/lib/mirror/mirror";

export function mirrorCommand(): Command {
  const command = new Command("mirror").description(
    "What labs find of the world outside: files, repositories, charts.",
  );
  command
    .command("list")
    .description("List the URLs that were added. The product's own manifests stand in docs/operations.md.")
    .action(async (_options, self: Command) => {
      const { mirror, output } = opened(self);
      output.result(await mirror.list(), (all) =>
        all.length === 0
          ? "Nothing was added yet: examctl mirror add URL FILE."
          : table(
              ["url", "bytes"],
              all.map(({ url, sizeBytes }) => [url, String(sizeBytes)]),
            ),
      );
    });
  command
    .command("add <url> [source]")
    .description(
      "Put a file behind https://HOST/PATH, a git repository behind git+https://HOST/PATH, or a packaged chart into the " +
        "registry oci://HOST/PATH. Running labs see it at once.",
    )
    .option("--fetch", "download the file from the URL itself, where it can be reached")
    .action(async (url: string, source: string | undefined, options: { fetch?: boolean }, self: Command) => {
      const { mirror, output } = opened(self);
      if ((source === undefined) === !options.fetch)
        throw new AppError("invalid", "Give either the source (a file, a repository, a chart) or --fetch.");
      const added = source === undefined ? await addFetched(mirror, url) : await addFrom(mirror, url, source);
      output.result({ url: added }, () => `Labs find ${added} now.`);
    });
  command
    .command("rm <url>")
    .description("Take away what was added for a URL.")
    .action(async (url: string, _options, self: Command) => {
      const { mirror, output } = opened(self);
      if (!(await mirror.remove(url)))
        throw new AppError(
          "not-found",
          `Nothing was added for ${url}. 'examctl mirror list' tells what was.`,
        );
      output.result({ ok: true }, () => `${url} is gone.`);
    });
  return command;
}

function opened(self: Command) {
  const { config, output } = contextOf(self);
  return { mirror: new Mirror(join(config.dataDir, "mirror")), output };
}

async function addFrom(mirror: Mirror, url: string, source: string): Promise<string> {
  if (url.startsWith("oci://")) return addChart(mirror, url, source);
  if (url.startsWith("git+https://")) {
    await addRepository(mirror, url, source);
    return url;
  }
  const found = await stat(source).catch(() => undefined);
  if (!found?.isFile()) throw new AppError("not-found", `There is no file ${source}.`);
  await mirror.addFile(url, source);
  return url;
}

async function addFetched(mirror: Mirror, url: string): Promise<string> {
  mirror.place(url);
  if (url.startsWith("git+https://")) {
    await addRepository(mirror, url, url.slice("git+".length));
    return url;
  }
  if (!url.startsWith("https://"))
    throw new AppError(
      "invalid",
      "--fetch takes https:// and git+https:// URLs; pull a chart with helm and add the file.",
    );
  const scratch = await mkdtemp(join(tmpdir(), "examctl-mirror-"));
  try {
    await fetchFile(url, join(scratch, "file"));
    await mirror.addFile(url, join(scratch, "file"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return url;
}
