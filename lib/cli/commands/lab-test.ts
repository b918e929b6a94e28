import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import type { Output } from "@/lib/cli/output";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { formatProblem } from "@/lib/lab/lab";
import { readLabFolder } from "@/lib/lab/read-lab-folder";
import { validateLab, type LabValidation } from "@/lib/lab/validate-lab";
import { hostLeftovers } from "@/lib/lab/walk/host-leftovers";
import { formatWalk } from "@/lib/lab/walk/report";
import { createRpcClient } from "@/lib/rpc/client";

interface Options {
  all?: boolean;
  runs: number;
  seed?: string;
  concurrency: number;
  labs: number;
}

/** `examctl lab test`: the walk over labs, on the clusterd that `examctl up` runs. */
export function labTestCommand(allLabs: () => Promise<string[]>): Command {
  return new Command("test")
    .description(
      "Walk labs on real clusters: unsolved 0, solution full twice, mistakes exactly as named, nothing left behind.",
    )
    .argument("[folders...]", "lab folders")
    .option("--all", "all labs of the project's labs folder")
    .option("--runs <n>", "walk each lab so often, each time as another attempt", positiveInteger, 1)
    .option("--seed <seed>", "play this attempt (a failed walk prints its seed)")
    .option("--labs <n>", "labs that are walked at once", positiveInteger, 2)
    .option("--concurrency <n>", "instances of a lab at once", positiveInteger, 2)
    .addHelpText("after", "\nNeeds a running examctl (npm run up). Exit code 1 when a walk fails.")
    .action(async (named: string[], options: Options, self: Command) => {
      const { config, output } = contextOf(self);
      const folders = options.all ? await allLabs() : named.map((folder) => resolve(folder));
      if (folders.length === 0) self.error("Name lab folders, or give --all.");
      const clusterd = createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd");
      const interruption = onInterrupt(output);
      const walk = {
        clusterd,
        signal: interruption.signal,
        seed: options.seed,
        concurrency: options.concurrency,
        findLeftovers: hostLeftovers([config.dataDir, config.runDir]),
      };
      const validations: (LabValidation & { folder: string })[] = [];
      try {
        await clusterd.call("health", {}); // one sentence when examctl is down, not one a lab
        const walks = folders.flatMap((folder) => Array.from({ length: options.runs }, () => folder));
        const next = async () => {
          for (let folder = walks.shift(); folder && !interruption.signal.aborted; folder = walks.shift()) {
            const validation = await validateLab(await readLabFolder(folder), { walk });
            validations.push({ folder, ...validation });
            output.say(describe(folder, validation));
          }
        };
        await Promise.all(Array.from({ length: options.labs }, next));
      } finally {
        interruption.forget();
        clusterd.close();
      }
      const failed = validations.filter(({ ok }) => !ok).length;
      output.result(
        validations.map(({ folder, ok, hash, problems, walk: report }) => ({
          folder,
          ok,
          hash,
          problems,
          walk: report,
        })),
        () => `${validations.length - failed} of ${validations.length} walks ok.`,
      );
      if (failed > 0) process.exitCode = 1;
    });
}

/** Ctrl-C ends the walk, and the walk its labs; a second one ends the command at once, and clusterd the labs later. */
function onInterrupt(output: Output): { signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  const forget = () => names.forEach((name) => process.off(name, stop));
  const stop = () => {
    forget();
    output.say("Called off: stopping the labs of this walk.");
    controller.abort();
  };
  names.forEach((name) => process.on(name, stop));
  return { signal: controller.signal, forget };
}

function describe(folder: string, { problems, walk }: LabValidation): string {
  return walk ? formatWalk(walk) : `${folder}: FAILED\n${problems.map(formatProblem).join("\n")}`;
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}
