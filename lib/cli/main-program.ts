import { Command } from "commander";
import { builtEntry } from "@/lib/core/paths";
import { databaseCommand } from "./commands/database";
import { doctorCommand } from "./commands/doctor";
import { downCommand } from "./commands/down";
import { frozenCommand } from "./commands/frozen";
import { imageCommand } from "./commands/image";
import { labCommand } from "./commands/lab";
import { labdCommandLine } from "./commands/labd";
import { mirrorCommand } from "./commands/mirror";
import { setupCommand } from "./commands/setup";
import { statusCommand } from "./commands/status";
import { superviseCommand } from "./commands/supervise";
import { upCommand } from "./commands/up";
import { userCommand } from "./commands/user";
import { exitCodesHelp } from "./run-program";

/** `examctl`, all but `cluster`, which it starts as a program of its own. */
export function mainProgram(): Command {
  const program = new Command("examctl")
    .description("Practice tests for Kubernetes networking in real Linux networks.")
    .option("--json", "print the result as JSON on standard output")
    .option("--data-dir <folder>", "where everything that must last is kept (default: var/ of the project)")
    .showHelpAfterError("(examctl <command> --help tells more)")
    .addHelpText("after", exitCodesHelp);
  for (const command of [
    upCommand(),
    downCommand(),
    statusCommand(),
    doctorCommand(),
    userCommand(),
    labCommand(),
    imageCommand(),
    mirrorCommand(),
    frozenCommand(),
    setupCommand(),
  ])
    program.addCommand(command);
  program.command("cluster", "bare control planes with simulated nodes, for tests and for lab authors", {
    executableFile: builtEntry("cli/cluster-main"),
  });
  for (const command of [superviseCommand(), databaseCommand(), labdCommandLine()])
    program.addCommand(command, { hidden: true });
  return program;
}
