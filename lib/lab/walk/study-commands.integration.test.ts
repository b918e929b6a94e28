import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startReadyLab, startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { projectRoot } from "@/lib/core/paths";
import { eventually } from "@/lib/core/testing";
import { drawParameters } from "../draw-parameters";
import { loadLab } from "../load-lab";
import { readLabFolder } from "../read-lab-folder";
import { resolveEnvironment } from "../resolve-environment";
import { studyCommands } from "./study-commands";

interface Result {
  exitCode: number;
  stdout: string;
  stderr: string;
}

function describeResult(run: string, { exitCode, stdout, stderr }: Result): string {
  return `${run}\nexited with ${exitCode}:\n${stdout}${stderr}`;
}

vi.setConfig({ maxConcurrency: 2 });

describe.concurrent("what students type", () => {
  let clusterd: TestClusterd;
  beforeAll(async () => {
    clusterd = await startTestClusterd();
  }, 420_000);
  afterAll(() => clusterd?.close());

  it.each(Object.keys(studyCommands))(
    "%s: every command does what it is known for, and wrong ones fail with the reason",
    async (name) => {
      const lab = loadLab(await readLabFolder(join(projectRoot, "labs", name)));
      const labId = `study-${name}`;
      await startReadyLab(
        clusterd.client,
        labId,
        resolveEnvironment(lab, drawParameters(lab.manifest, name)),
      );
      const type = async (run: string) => {
        const argv = ["bash", "-o", "pipefail", "-c", run];
        return clusterd.client.call("lab.exec", { labId, node: "controlplane", argv });
      };
      const problems: string[] = [];
      for (const { run, shows, soon, instead } of studyCommands[name]!) {
        const does = ({ exitCode, stdout, stderr }: Result) =>
          (exitCode === 0) === (instead === undefined) && shows.test(stdout + stderr);
        const result = await (soon ? eventually(() => type(run), does, 60_000) : type(run));
        if (!does(result)) problems.push(describeResult(run, result));
        const right = instead && (await type(instead.run));
        if (right && !(right.exitCode === 0 && instead.shows.test(right.stdout + right.stderr)))
          problems.push(describeResult(instead.run, right));
      }
      expect(problems).toEqual([]);
      await clusterd.client.call("lab.stop", { labId }, { timeoutMs: 120_000 });
    },
    300_000,
  );
});
