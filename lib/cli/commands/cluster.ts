import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { createOutput, table, type Output } from "@/lib/cli/output";
import { stopProcess } from "@/lib/cli/supervisor/stop-process";
import { detachCluster } from "@/lib/cli/cluster/detach-cluster";
import { isClusterName, listRecords, readRecord } from "@/lib/cli/cluster/records";
import { loadServer } from "@/lib/cli/cluster/load-server";
import type { ClusterSettings, ReadyCluster } from "@/lib/cli/cluster/run-cluster-main";
import { writeKubeconfig } from "@/lib/cli/cluster/write-kubeconfig";

interface UpOptions extends ClusterSettings {
  kubeconfig?: string;
  detach?: boolean;
}

/** `examctl cluster`: control planes by themselves, without root, sandboxes or a running instance. */
export function clusterCommands(): Command[] {
  return [upCommand(), downCommand(), listCommand()];
}

function upCommand(): Command {
  return new Command("up")
    .description("Run a bare control plane with simulated nodes until Ctrl-C, or detached.")
    .addOption(nameOption())
    .option("--nodes <count>", "how many nodes are simulated", wholeNumber(1, 100), 2)
    .option("--host <address>", "IPv4 address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on (0: a free one)", wholeNumber(0, 65_535), 0)
    .option("--kubeconfig <file>", "write the kubeconfig there instead of printing it")
    .option("-d, --detach", "go on in the background; `examctl cluster down` ends it")
    .action(async ({ kubeconfig, detach, ...settings }: UpOptions, command: Command) => {
      const output = outputOf(command);
      const target = kubeconfig && resolve(kubeconfig);
      if (detach) return tell(output, await detachCluster(settings), target);
      const { ready, ended } = await loadServer().runCluster(settings);
      await tell(output, ready, target).catch(async (failure: unknown) => {
        process.kill(process.pid, "SIGTERM");
        await ended;
        throw failure;
      });
      await ended;
    });
}

function downCommand(): Command {
  return new Command("down")
    .description("End a cluster that runs; its objects go with it.")
    .argument("[name]", "its name", "examctl")
    .option("--all", "end all clusters of this user")
    .action(async (name: string, { all }: { all?: boolean }, command: Command) => {
      const record = all ? undefined : await readRecord(name);
      if (!all && !record)
        throw new AppError(
          "not-found",
          `No cluster "${name}" runs. "examctl cluster list" shows those that do.`,
        );
      const records = record ? [record] : await listRecords();
      await Promise.all(records.map((one) => stopProcess(one.process, 5000, systemClock)));
      const names = records.map((one) => one.name);
      outputOf(command).result({ ended: names }, () =>
        names.length === 0 ? "No cluster runs." : `Ended: ${names.join(", ")}`,
      );
    });
}

function listCommand(): Command {
  return new Command("list")
    .description("List the clusters that run.")
    .action(async (_options, command: Command) => {
      const rows = (await listRecords()).map(({ process: { pid }, ...one }) => ({ ...one, pid }));
      outputOf(command).result(rows, () =>
        rows.length === 0
          ? "No cluster runs."
          : table(
              ["name", "url", "nodes", "pid", "started"],
              rows.map((one) => [one.name, one.url, one.nodes, one.pid, one.startedAt]),
            ),
      );
    });
}

/** The kubeconfig goes to its file, or alone to standard output. */
async function tell(output: Output, ready: ReadyCluster, target: string | undefined): Promise<void> {
  if (target) await writeKubeconfig(target, ready.kubeconfig);
  if (output.json) return output.result(ready, () => "");
  process.stderr.write(
    `Cluster "${ready.name}" is ready at ${ready.url}: ${ready.nodes} node(s), ${ready.readyAfterMs} ms.\n`,
  );
  if (target) process.stderr.write(`Use it with: export KUBECONFIG=${target}\n`);
  else process.stdout.write(ready.kubeconfig);
}

function nameOption(): Option {
  return new Option("--name <name>", "its name").default("examctl").argParser((text) => {
    if (!isClusterName(text))
      throw new InvalidArgumentError("Use up to 63 lower-case letters, digits and dashes.");
    return text;
  });
}

function wholeNumber(min: number, max: number) {
  return (text: string) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    return value;
  };
}

function outputOf(command: Command): Output {
  return createOutput(command.optsWithGlobals<{ json?: boolean }>().json ?? false);
}
