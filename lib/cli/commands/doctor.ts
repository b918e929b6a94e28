import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import type { Finding } from "@/lib/cli/doctor/finding";
import {
  checkCgroups,
  checkCommands,
  checkDisk,
  checkKernel,
  checkNetwork,
  checkRoot,
  checkUserNamespaces,
} from "@/lib/cli/doctor/host";
import { checkPort } from "@/lib/cli/doctor/port";
import { supervisorSocket } from "@/lib/cli/supervisor/supervise";
import { supervisorRpc } from "@/lib/contract/supervisor";
import { createRpcClient } from "@/lib/rpc/client";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Look for whatever could keep examctl from running on this machine, in plain sentences.")
    .action(async (_options, command: Command) => {
      const { config, output } = contextOf(command);
      const supervisor = createRpcClient(supervisorRpc, supervisorSocket(config), "the supervisor");
      const running = await supervisor.call("status", {}).catch(() => undefined);
      supervisor.close();
      const port: Finding = running
        ? { check: "port", ok: true, sentence: `examctl itself answers at ${running.url}.` }
        : await checkPort(config.port);
      const findings = [
        await checkRoot(),
        port,
        ...(await Promise.all([
          checkDisk(config),
          checkUserNamespaces(),
          checkCgroups(),
          checkKernel(),
          checkCommands(),
          checkNetwork(),
        ])),
      ];
      output.result({ ok: findings.every(({ ok }) => ok), findings }, (all) =>
        all.findings
          .map(
            ({ ok, sentence, remedy }) =>
              `${ok ? "ok " : "BAD"}  ${sentence}${remedy ? `\n     ${remedy}` : ""}`,
          )
          .join("\n"),
      );
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}
