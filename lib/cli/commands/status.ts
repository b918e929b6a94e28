import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { table } from "@/lib/cli/output";
import { supervisorSocket } from "@/lib/cli/supervisor/supervise";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { supervisorRpc } from "@/lib/contract/supervisor";
import { AppError } from "@/lib/core/app-error";
import { createRpcClient } from "@/lib/rpc/client";

export function statusCommand(): Command {
  return new Command("status")
    .description("Show the processes of this instance and the labs that run.")
    .action(async (_options, command: Command) => {
      const { config, output } = contextOf(command);
      const supervisor = createRpcClient(supervisorRpc, supervisorSocket(config), "the supervisor");
      const status = await supervisor.call("status", {}).catch((cause: unknown) => {
        throw new AppError("unavailable", "examctl is not running. Start it with `npm run up`.", { cause });
      });
      const clusterd = createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd");
      const labs = await clusterd.call("lab.list", {}).then(
        (answer) => answer.labs.map(({ labId, phase, readyAfterMs }) => ({ labId, phase, readyAfterMs })),
        () => [],
      );
      supervisor.close();
      clusterd.close();
      output.result({ ...status, labs }, (all) =>
        [
          `examctl at ${all.url}`,
          "",
          table(
            ["process", "state", "pid", "restarts", "ready after"],
            all.processes.map((one) => [
              one.name,
              one.state,
              one.pid,
              one.restarts,
              one.readyAfterMs === undefined ? "" : `${one.readyAfterMs} ms`,
            ]),
          ),
          "",
          all.labs.length === 0
            ? "No lab is running."
            : table(
                ["lab", "phase"],
                all.labs.map((lab) => [lab.labId, lab.phase]),
              ),
        ].join("\n"),
      );
      if (status.processes.some(({ state }) => state === "failed")) process.exitCode = 1;
    });
}
