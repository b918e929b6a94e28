import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { openInstance } from "@/lib/cli/instance/instance";
import { logPath } from "@/lib/cli/instance/processes";
import { setupSteps, type SetupStep } from "@/lib/cli/instance/setup-steps";
import type { Output } from "@/lib/cli/output";
import { supervise, supervisorSocket } from "@/lib/cli/supervisor/supervise";
import type { Config } from "@/lib/config";
import { supervisorRpc } from "@/lib/contract/supervisor";
import { systemClock } from "@/lib/core/clock";
import { AppError } from "@/lib/core/app-error";
import { createLogger } from "@/lib/core/logger";
import { builtEntry } from "@/lib/core/paths";
import { createRpcClient, type RpcClient } from "@/lib/rpc/client";
import { checkPort } from "@/scripts/doctor/checks.mjs";
import { thisHost } from "@/scripts/doctor/host.mjs";
import { runSteps, StepFailure } from "@/scripts/setup/step.mjs";

type Supervisor = RpcClient<typeof supervisorRpc>;

export function upCommand(): Command {
  return new Command("up")
    .description("Set up whatever is missing, start examctl and print where it is.")
    .option("--foreground", "stay in the foreground until interrupted")
    .option("--port <number>", "port of the web pages (default: EXAMCTL_PORT or 8080)")
    .action(async (options: { foreground?: boolean; port?: string }, command: Command) => {
      if (options.port) process.env.EXAMCTL_PORT = options.port;
      const { config, output } = contextOf(command);
      const supervisor = createRpcClient(supervisorRpc, supervisorSocket(config), "the supervisor");
      const running = await supervisor.call("status", {}).catch(() => undefined);
      try {
        if (!running) {
          await runSteps([...setupSteps(config), portStep(config)], { quiet: output.json });
          if (options.foreground) return await inForeground(config);
          await runSteps([startStep(config, supervisor)], { quiet: output.json });
        }
        // A `down` that was interrupted leaves web held.
        for (const { name, state } of running?.processes ?? [])
          if (state === "stopped") await supervisor.call("release", { name });
        await untilAllReady(supervisor, output).catch(async (failure: unknown) => {
          if (!running) await supervisor.call("stop", {}, { timeoutMs: 120_000 });
          throw failure;
        });
      } finally {
        supervisor.close();
      }
      await welcome(config, output);
    });
}

function portStep(config: Config): SetupStep {
  return {
    title: `Port ${config.port}`,
    async run() {
      const { ok, sentence, remedy } = await checkPort(thisHost, config);
      if (!ok) throw new StepFailure(sentence, { remedy });
    },
  };
}

async function inForeground(config: Config): Promise<void> {
  const { specs } = await openInstance(config);
  process.exitCode = await supervise(config, specs, createLogger("supervisor"));
  process.exit();
}

function startStep(config: Config, supervisor: Supervisor): SetupStep {
  return {
    title: "Host",
    async run() {
      await openInstance(config);
      const log = openSync(logPath(config, "supervisor"), "a", 0o640);
      const child = spawn(process.execPath, ["--enable-source-maps", builtEntry("cli/main"), "supervise"], {
        cwd: "/",
        detached: true,
        stdio: ["ignore", log, log],
        env: { ...process.env, EXAMCTL_DATA_DIR: config.dataDir, EXAMCTL_PORT: String(config.port) },
      });
      closeSync(log);
      child.unref();
      await untilAnswers(config, supervisor);
    },
  };
}

async function untilAllReady(supervisor: Supervisor, output: Output): Promise<void> {
  const { processes } = await supervisor.call("status", {});
  await runSteps(
    processes.map(({ name }) => ({ title: `Start ${name}`, run: () => untilReady(supervisor, name) })),
    { quiet: output.json },
  );
}

async function untilAnswers(config: Config, supervisor: Supervisor): Promise<void> {
  const deadlineMs = systemClock.now() + 10_000;
  for (;;) {
    try {
      await supervisor.call("status", {});
      return;
    } catch (cause) {
      if (systemClock.now() > deadlineMs)
        throw new AppError(
          "unavailable",
          `The supervisor does not start. See ${logPath(config, "supervisor")}.`,
          { cause },
        );
      await systemClock.sleep(20);
    }
  }
}

async function untilReady(supervisor: Supervisor, name: string): Promise<void> {
  for (;;) {
    const { processes } = await supervisor.call("status", {});
    const one = processes.find((candidate) => candidate.name === name);
    if (one?.state === "ready") return;
    const failed = processes.find(({ state }) => state === "failed");
    if (failed) throw new StepFailure(`${failed.name} failed.`, { output: failed.error });
    await systemClock.sleep(50);
  }
}

async function welcome(config: Config, output: Output): Promise<void> {
  const path = join(config.dataDir, "first-passwords.json");
  const passwords = await readFile(path, "utf8").then(
    (text) => JSON.parse(text) as Record<string, string>,
    () => ({}),
  );
  const users = Object.entries(passwords);
  const signIn =
    users.length > 0
      ? [
          `  Sign in with one of the first accounts (kept in ${path}):`,
          ...users.map(([username, password]) => `    ${username.padEnd(10)} ${password}`),
        ]
      : process.env.EXAMCTL_DEMO === "1"
        ? ["  Demonstration accounts: admin, grader, student, student2; password examctl-demo."]
        : ["  Make an account: npx examctl user add NAME --role admin"];
  output.result({ url: config.publicUrl, passwordsFile: users.length > 0 ? path : null }, () =>
    ["", `  examctl is ready: ${config.publicUrl}`, "", ...signIn, ""].join("\n"),
  );
}
