import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { labsWithNodes, restLabs } from "@/lib/cli/instance/rest-labs";
import { endLeftovers, supervisorSocket } from "@/lib/cli/supervisor/supervise";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { supervisorRpc } from "@/lib/contract/supervisor";
import { removeAllSandboxes } from "@/lib/labd/launch";
import { createRpcClient } from "@/lib/rpc/client";

export function downCommand(): Command {
  return new Command("down")
    .description(
      "Freeze running labs, then stop everything: processes, mounts, namespaces. What is in the data folder stays.",
    )
    .option("--force", "stop also when labs cannot be put to rest: they are lost")
    .action(async ({ force }: { force?: boolean }, command: Command) => {
      const { config, output } = contextOf(command);
      const clusterd = createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd");
      const supervisor = createRpcClient(supervisorRpc, supervisorSocket(config), "the supervisor");
      const runningLabs = () => labsWithNodes(config);
      const { frozen, failed } = await restLabs({ clusterd, supervisor, runningLabs, force }).finally(() =>
        clusterd.close(),
      );
      const wasRunning = await supervisor.call("stop", {}, { timeoutMs: 120_000 }).then(
        () => true,
        () => false,
      );
      supervisor.close();
      await endLeftovers(config);
      const env = { ...process.env, EXAMCTL_DATA_DIR: config.dataDir, EXAMCTL_RUN_DIR: config.runDir };
      if (existsSync(config.runDir)) await removeAllSandboxes(config.runDir, env);
      await rm(config.runDir, { recursive: true, force: true });
      output.result({ wasRunning, frozen, failed }, () =>
        [
          wasRunning ? "Stopped." : "Nothing was running.",
          ...(frozen > 0
            ? [`Labs put to rest: ${frozen}. Each wakes when it is looked at after \`up\`.`]
            : []),
          ...failed.map(({ labId, reason }) => `The lab ${labId} is lost: ${reason}`),
        ].join("\n"),
      );
    });
}
