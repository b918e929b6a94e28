import { resolve } from "node:path";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { exportBundle, importBundle, type Instance } from "@/lib/cli/frozen/bundle";
import { table } from "@/lib/cli/output";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { digest, labdRpc } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import { createRpcClient } from "@/lib/rpc/client";

export function frozenCommand(): Command {
  const command = new Command("frozen").description("Labs at rest, and their way to another host.");
  command
    .command("list")
    .description("List the labs that are frozen here.")
    .action(async (_options, self: Command) => {
      const labs = await withInstance(self, frozenLabs);
      contextOf(self).output.result(labs, (all) =>
        all.length === 0
          ? "No lab is frozen here."
          : table(
              ["lab", "frozen at", "kB", "id"],
              all.map(({ labId, frozenAtMs, sizeBytes, frozenId }) => [
                ...[labId, new Date(frozenAtMs).toISOString(), Math.ceil(sizeBytes / 1000), frozenId],
              ]),
            ),
      );
    });
  command
    .command("export <lab> <file>")
    .description(
      "Write a frozen lab, by its name or its id, or a kept end state, by its id, to a file. It stays here, too.",
    )
    .action(async (lab: string, file: string, _options, self: Command) => {
      const sizeBytes = await withInstance(self, async (instance) =>
        exportBundle(instance, await idOf(instance, lab), resolve(file)),
      );
      contextOf(self).output.result(
        { file: resolve(file), sizeBytes },
        () => `${file} holds the lab with its keys (${Math.ceil(sizeBytes / 1000)} kB): keep it to yourself.`,
      );
    });
  command
    .command("import <file>")
    .description("Take a lab that another host has exported. It wakes when its attempt is looked at.")
    .action(async (file: string, _options, self: Command) => {
      const imported = await withInstance(self, (instance) => importBundle(instance, resolve(file)));
      contextOf(self).output.result(imported, ({ labId, frozenId }) =>
        labId === undefined ? `The end state ${frozenId} is here.` : `The lab ${labId} is here, frozen.`,
      );
    });
  return command;
}

async function withInstance<T>(self: Command, work: (instance: Instance) => Promise<T>): Promise<T> {
  const { config } = contextOf(self);
  const instance = {
    clusterd: createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd"),
    labd: createRpcClient(labdRpc, config.sockets.labd, "labd"),
  };
  try {
    return await work(instance);
  } finally {
    instance.clusterd.close();
    instance.labd.close();
  }
}

async function frozenLabs({ clusterd }: Instance) {
  const { labs } = await clusterd.call("lab.list", {});
  return labs.flatMap(({ labId, phase, frozen }) =>
    phase === "frozen" && frozen ? [{ labId, ...frozen }] : [],
  );
}

async function idOf(instance: Instance, lab: string): Promise<string> {
  if (digest.safeParse(lab).success) return lab;
  const found = (await frozenLabs(instance)).find(({ labId }) => labId === lab);
  if (!found)
    throw new AppError("not-found", `No lab ${lab} is frozen here. 'examctl frozen list' tells which are.`);
  return found.frozenId;
}
