import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import WebSocket from "ws";
import { contextOf } from "@/lib/cli/command-context";
import { attachTerminal } from "@/lib/cli/lab-run/attach-terminal";
import { openDesk, type Desk } from "@/lib/cli/lab-run/lab-desk";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { colsRange, rowsRange } from "@/lib/contract/terminal-frames";
import { terminaldRpc } from "@/lib/contract/terminald";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { projectRoot } from "@/lib/core/paths";
import { walkSignMs } from "@/lib/lab/walk/running-lab";
import { createRpcClient } from "@/lib/rpc/client";

const help =
  "Ctrl-] and then: q questions, g grade, s play the solution, x leave. Files are read again each time.";

/** `examctl lab run`: a terminal in a fresh attempt, on the clusterd and terminald that `examctl up` runs. */
export function labRunCommand(): Command {
  return new Command("run")
    .description(
      "Open a terminal in a fresh attempt; questions, checks and solution are read again whenever they are used.",
    )
    .argument("<lab>", "a folder, or the name of a lab of the project's labs folder")
    .option("--seed <seed>", "open this attempt; a random one by default")
    .addHelpText("after", `\nNeeds a running examctl (npm run up). ${help}`)
    .action(async (name: string, options: { seed?: string }, self: Command) => {
      const { config, output } = contextOf(self);
      if (!process.stdin.isTTY || !process.stdout.isTTY)
        throw new AppError("invalid", "`examctl lab run` needs a terminal; `examctl lab test` does without.");
      const clusterd = createRpcClient(clusterdRpc, config.sockets.clusterd, "clusterd");
      const terminald = createRpcClient(terminaldRpc, config.sockets.terminald, "terminald");
      const labId = `run-${randomId(12)}`;
      const seed = options.seed ?? randomId(10);
      try {
        await clusterd.call("health", {});
        const desk = await openDesk(folderOf(name), { labId, seed }, clusterd);
        await desk.running.start();
        const beat = setInterval(() => void desk.running.keep(), walkSignMs);
        try {
          output.say(
            `Attempt ${seed}, ready after ${(desk.running.startedAfterMs / 1000).toFixed(1)} s. ${help}`,
          );
          const { sessionId } = await terminald.call("session.open", { labId, node: desk.node, ...size() });
          await atTerminal(`ws+unix://${config.sockets.terminald}:/session/${sessionId}`, desk);
        } finally {
          clearInterval(beat);
          await terminald.call("lab.close", { labId }).catch(() => undefined);
          await terminald.call("recording.remove", { labId }).catch(() => undefined);
          await desk.running.stop();
        }
      } finally {
        clusterd.close();
        terminald.close();
      }
    });
}

async function atTerminal(url: string, desk: Desk): Promise<void> {
  const { stdin, stdout } = process;
  stdin.setRawMode(true);
  try {
    const reason = await attachTerminal(new WebSocket(url, { perMessageDeflate: false }), {
      input: stdin,
      output: stdout,
      size,
      onResize: (listener) => {
        stdout.on("resize", listener);
        return () => stdout.off("resize", listener);
      },
      onKey: (key) =>
        answerKey(key, desk, (text) => stdout.write(`\r\n${text.replaceAll("\n", "\r\n")}\r\n`)),
    });
    if (reason === "lost") stdout.write("\r\nThe connection to the terminal was lost.\r\n");
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

/** What went wrong is said, and the terminal goes on. False when the person wants to leave. */
export async function answerKey(key: string, desk: Desk, say: (text: string) => void): Promise<boolean> {
  const works: Record<string, () => Promise<string>> = {
    q: () => desk.questions(),
    g: () => desk.grade(),
    s: () => desk.solve(),
  };
  if (key === "x") return false;
  const work = works[key] ?? (() => Promise.resolve(help));
  say(await work().catch((failure: Error) => failure.message));
  return true;
}

function folderOf(name: string): string {
  const ofProject = join(projectRoot, "labs", name);
  return !name.includes("/") && existsSync(ofProject) ? ofProject : resolve(name);
}

function size(): { cols: number; rows: number } {
  const within = (value: number, { min, max }: { min: number; max: number }) =>
    Math.min(max, Math.max(min, value));
  return { cols: within(process.stdout.columns, colsRange), rows: within(process.stdout.rows, rowsRange) };
}
