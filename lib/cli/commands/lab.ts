import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { table } from "@/lib/cli/output";
import { projectRoot } from "@/lib/core/paths";
import { loadLab } from "@/lib/lab/load-lab";
import { formatProblem } from "@/lib/lab/lab";
import { readLabFolder } from "@/lib/lab/read-lab-folder";
import { validateLab } from "@/lib/lab/validate-lab";
import { labNewCommand } from "./lab-new";
import { labRunCommand } from "./lab-run";
import { labTestCommand } from "./lab-test";

export function labCommand(): Command {
  const command = new Command("lab").description("Work on labs: folders below labs/, see docs/authoring.md.");
  command
    .command("list")
    .description("List the labs of the project's labs folder.")
    .action(async (_options, self: Command) => {
      const { output } = contextOf(self);
      const labs = await Promise.all(
        (await labFolders()).map(async (folder) => {
          const { id, title, domain, minutes, questions } = loadLab(await readLabFolder(folder)).manifest;
          return { id, title, domain, minutes, questions: questions.length };
        }),
      );
      output.result(labs, (all) =>
        table(
          ["lab", "title", "domain", "minutes", "questions"],
          all.map((lab) => Object.values(lab)),
        ),
      );
    });
  command
    .command("validate <folder>")
    .description("Check a lab's files and types; every problem is listed with its place and its remedy.")
    .action(async (folder: string, _options, self: Command) => {
      const { output } = contextOf(self);
      const files = await readLabFolder(resolve(folder));
      const { problems } = await validateLab(files);
      output.result({ ok: problems.length === 0, problems }, () =>
        problems.length === 0 ? `${folder} is a valid lab.` : problems.map(formatProblem).join("\n"),
      );
      if (problems.length > 0) process.exitCode = 1;
    });
  for (const part of [labNewCommand(), labRunCommand(), labTestCommand(labFolders)]) command.addCommand(part);
  return command;
}

async function labFolders(): Promise<string[]> {
  const folder = join(projectRoot, "labs");
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
