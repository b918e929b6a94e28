import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { setupSteps } from "@/lib/cli/instance/setup-steps";
import { runSteps } from "@/scripts/setup/step.mjs";

export function setupCommand(): Command {
  return new Command("setup")
    .description("Do all the set-up of `up` without starting anything.")
    .option("--with-tests", "install what only tests need, too")
    .action(async (_options, command: Command) => {
      const { config, output } = contextOf(command);
      await runSteps(setupSteps(config), { quiet: output.json });
      output.result({ ok: true }, () => "Set up. `npm run up` starts it.");
    });
}
