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
        () => undefined,
      );
      supervisor.close();
      clusterd.close();
      output.result({ ...status, labs: labs ?? null }, (all) =>
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
          describeLabs(all.labs),
        ].join("\n"),
      );
      if (status.processes.some(({ state }) => state === "failed")) process.exitCode = 1;
    });
}

function describeLabs(labs: { labId: string; phase: string }[] | null): string {
  if (!labs) return "Which labs there are is not known: clusterd does not answer.";
  if (labs.length === 0) return "No lab is running.";
  return table(
    ["lab", "phase"],
    labs.map(({ labId, phase }) => [labId, phase]),
  );
}
