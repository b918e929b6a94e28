import { Command } from "commander";
import { clusterCommands } from "./commands/cluster";
import { exitCodesHelp } from "./run-program";

/** `examctl cluster` is a program of its own: it is ready before the other commands' modules would be loaded. */
export function clusterProgram(): Command {
  const program = new Command("examctl cluster")
    .description("Bare control planes with simulated nodes, for tests and for lab authors.")
    .option("--json", "print the result as JSON on standard output")
    .showHelpAfterError("(examctl cluster <command> --help tells more)")
    .addHelpText("after", exitCodesHelp);
  for (const command of clusterCommands()) program.addCommand(command);
  return program;
}
