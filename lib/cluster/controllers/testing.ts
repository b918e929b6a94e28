import { vi } from "vitest";
import type { Clock } from "@/lib/core/clock";
import { AppError } from "@/lib/core/app-error";
import { createLogger } from "@/lib/core/logger";
import { systemClock } from "@/lib/core/clock";
import { startTestCluster, testFacts, type TestCluster } from "@/lib/cluster/api/testing";
import { Informers } from "@/lib/cluster/client/informers";
import { FakeKubelet } from "./testing-kubelet";
import { runControllers } from "./run-controllers";

// Stories run kubectl often: on a busy machine each call may take a second.
vi.setConfig({ testTimeout: 240_000 });

export interface ControlledCluster extends TestCluster {
  informers: Informers;
  kubelet: FakeKubelet;
  /** kubectl that must succeed: its standard output. */
  ok(args: string | string[], stdin?: string): Promise<string>;
  /** kubectl that must fail: its standard error. */
  refused(args: string | string[], stdin?: string): Promise<string>;
  /** Resolves when `check` gives something other than false or undefined; fails with `what` after `timeoutMs`. */
  until<T>(
    what: string,
    check: () => T | false | undefined | Promise<T | false | undefined>,
    timeoutMs?: number,
  ): Promise<T>;
  /** As a restart of the process: the controllers stop and others start over the same objects. */
  restartControllers(): Promise<void>;
}

/** A cluster whose controllers and scheduler run, on nodes whose kubelet only writes what a real one would report. */
export async function startControlledCluster({
  clock = systemClock,
  nodes = ["node01", "node02"],
}: { clock?: Clock; nodes?: string[] } = {}): Promise<ControlledCluster> {
  const base = await startTestCluster({ clock });
  const informers = new Informers(base.admin);
  await informers.start();
  const kubelet = new FakeKubelet(base.admin, informers, clock);
  for (const name of nodes) await kubelet.join(name);
  const run = () =>
    runControllers({
      client: base.admin,
      informers,
      clock,
      logger: createLogger("controllers"),
      cluster: {
        podCidr: testFacts.podCidr,
        caPem: base.ca.certificatePem,
        caKeyPem: base.ca.privateKeyPem,
      },
    });
  let running = run();
  const kubectl = async (args: string | string[], stdin?: string) =>
    base.kubectl(typeof args === "string" ? args.split(" ") : args, { stdin, timeoutMs: 120_000 });
  return {
    ...base,
    informers,
    kubelet,
    async ok(args, stdin) {
      const { exitCode, stdout, stderr } = await kubectl(args, stdin);
      if (exitCode !== 0)
        throw new AppError("internal", `kubectl ${String(args)} exited with ${exitCode}: ${stderr}`);
      return stdout;
    },
    async refused(args, stdin) {
      const { exitCode, stdout, stderr } = await kubectl(args, stdin);
      if (exitCode === 0) throw new AppError("internal", `kubectl ${String(args)} succeeded: ${stdout}`);
      return stderr;
    },
    async until(what, check, timeoutMs = 60_000) {
      const endMs = performance.now() + timeoutMs;
      for (;;) {
        const result = await check();
        if (result !== false && result !== undefined) return result;
        if (performance.now() > endMs) throw new AppError("internal", `It did not come to this: ${what}.`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async restartControllers() {
      await running.stop();
      running = run();
    },
    async close() {
      await running.stop();
      kubelet.stop();
      informers.stop();
      await base.close();
    },
  };
}
