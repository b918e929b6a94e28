import { spawn } from "node:child_process";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { setupSteps } from "@/lib/cli/instance/setup-steps";
import { labdCommand } from "@/lib/labd/launch";
import { runSteps } from "@/scripts/setup/step.mjs";

export function labdCommandLine(): Command {
  return new Command("labd")
    .description(
      "Run labd alone in the foreground, in its mount namespace: for containers and other supervisors.",
    )
    .action(async (_options, command: Command) => {
      const { config } = contextOf(command);
      await runSteps(setupSteps(config));
      const [program, ...args] = await labdCommand(config.runDir);
      const env = { ...process.env, EXAMCTL_DATA_DIR: config.dataDir, EXAMCTL_RUN_DIR: config.runDir };
      const child = spawn(program!, args, { stdio: "inherit", env });
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
      process.exitCode = await new Promise<number>((resolve) =>
        child.once("exit", (code) => resolve(code ?? 1)),
      );
    });
}
