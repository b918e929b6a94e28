import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { dnsLabel } from "@/lib/contract/fields";
import { AppError } from "@/lib/core/app-error";
import { projectRoot } from "@/lib/core/paths";
import { scaffoldLab } from "@/lib/lab/scaffold-lab";

/** `examctl lab new`: a lab to begin with, that is valid and can be walked. */
export function labNewCommand(): Command {
  return new Command("new")
    .description("Make a lab to begin with: it is valid, and its walk passes.")
    .argument("<name>", "lower case letters, digits and '-'")
    .option("--in <folder>", "where the lab's folder is made", join(projectRoot, "labs"))
    .action(async (name: string, options: { in: string }, self: Command) => {
      const { output } = contextOf(self);
      if (!dnsLabel.safeParse(name).success)
        throw new AppError(
          "invalid",
          `"${name}" is no name of a lab: use lower case letters, digits and '-'.`,
        );
      const folder = resolve(options.in, name);
      if (existsSync(folder)) throw new AppError("conflict", `${folder} exists already.`);
      const files = scaffoldLab(name);
      await writeWhole(folder, files);
      output.result({ folder, files: Object.keys(files) }, () =>
        [
          `${folder} is a lab.`,
          `  examctl lab validate ${folder}   its files and types`,
          `  examctl lab run ${folder}        a terminal in a fresh attempt`,
          `  examctl lab test ${folder}       that it can be solved, and failed`,
          "docs/authoring.md tells what goes into it.",
        ].join("\n"),
      );
    });
}

/** All files or no folder. */
async function writeWhole(folder: string, files: Record<string, string>): Promise<void> {
  const draft = `${folder}.new-${process.pid}`;
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), content);
    }
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
