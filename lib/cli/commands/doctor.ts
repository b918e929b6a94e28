import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { describe, examine, settingsOf } from "@/scripts/doctor/index.mjs";

/** The checks live in scripts/doctor: bin/examctl.mjs runs them before anything is installed. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Look for whatever could keep examctl from running on this machine, in plain sentences.")
    .action(async (_options, command: Command) => {
      const { config, output } = contextOf(command);
      const report = await examine(settingsOf(process.env, config.dataDir));
      output.result(report, ({ findings }) => describe(findings));
      if (!report.ok) process.exitCode = 1;
    });
}
