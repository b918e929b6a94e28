import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { openInstance } from "@/lib/cli/instance/instance";
import { supervise } from "@/lib/cli/supervisor/supervise";
import { createLogger } from "@/lib/core/logger";

export function superviseCommand(): Command {
  return new Command("supervise")
    .description("Run the processes of this instance in the foreground (what `up` leaves in the background).")
    .action(async (_options, command: Command) => {
      const { config } = contextOf(command);
      const { specs } = await openInstance(config);
      process.exitCode = await supervise(config, specs, createLogger("supervisor"));
      process.exit();
    });
}
