import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectPath } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import { startStandalone } from "@/lib/cluster/standalone/start-standalone";
import { ensureKubectl } from "../testing";
import { localNodeProxy } from "../testing-node-proxy";
import { normalize } from "./normalize";
import { formatSession, parseSession, type Step } from "./session";

/** `EXAMCTL_UPDATE_GOLDEN=1` writes what kubectl prints into the files instead: read the diff against upstream's docs. */
const update = process.env.EXAMCTL_UPDATE_GOLDEN === "1";
const folder = projectPath("lib/cluster/api/kubectl-golden");
const files = (await readdir(folder)).filter((name) => name.endsWith(".golden")).sort();

describe("the real kubectl prints what it prints on a real cluster", () => {
  test.concurrent.each(files)(
    "%s",
    async (file) => {
      const path = join(folder, file);
      const text = await readFile(path, "utf8");
      const session = parseSession(text);
      const steps = await replay(session.steps.map(({ command }) => command));
      const seen = formatSession({ ...session, steps });
      if (update) await writeFile(path, seen);
      else expect(seen).toBe(text);
    },
    400_000,
  );
});

/** Runs the commands one after another in a shell each, against a new cluster of two simulated nodes. */
async function replay(commands: string[]): Promise<Step[]> {
  const scope = new Scope();
  try {
    const work = scope.use(await mkdtemp("/tmp/examctl-golden-"), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const cluster = scope.use(
      await startStandalone({
        nodes: 2,
        listen: { host: "127.0.0.1", port: 0 },
        name: "kubernetes",
        nodeProxy: localNodeProxy,
      }),
      (one) => one.close(),
    );
    await writeFile(join(work, "kubeconfig"), cluster.kubeconfig, { mode: 0o600 });
    const env = {
      NODE_ENV: process.env.NODE_ENV,
      PATH: `${dirname(await ensureKubectl())}:${process.env.PATH}`,
      KUBECONFIG: join(work, "kubeconfig"),
      HOME: work,
      TERMINAL: join(folder, "terminal.sh"),
      TERM: "dumb",
      LC_ALL: "C",
      TZ: "UTC",
    };
    const steps: Step[] = [];
    for (const command of commands) {
      const argv = ["sh", "-c", `exec 2>&1\n${command}\n`];
      const { stdout, exitCode } = await runCommand(argv, {
        env,
        cwd: work,
        allowFailure: true,
        timeoutMs: 120_000,
      });
      const printed = stdout === "" || stdout.endsWith("\n") ? stdout : `${stdout}\n`;
      steps.push({ command, output: normalize(printed) + (exitCode === 0 ? "" : `[exit ${exitCode}]\n`) });
    }
    return steps;
  } finally {
    await scope.close();
  }
}
